package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
)

var encode = base64.RawURLEncoding.EncodeToString

// seal finishes a Key whose material has been checked: required are its members
// of RFC 7638, Section 3.2, in their order and without white space.
func (k Key) seal(required string) Key {
	sum := sha256.Sum256([]byte(required))
	k.required, k.thumbprint = required, encode(sum[:])
	return k
}

// newEd25519 accepts the encoding of a point of large order (RFC 8032, Section
// 5.1.3). With a key of small order anyone can make signatures that verify.
func newEd25519(raw []byte) (Key, error) {
	if len(raw) != ed25519.PublicKeySize {
		return Key{}, unusable("x", "an Ed25519 key has 32 bytes")
	}
	if !usableEd25519([32]byte(raw)) {
		return Key{}, unusable("x", "no canonical Ed25519 point of large order")
	}
	k := Key{algorithm: EdDSA, public: ed25519.PublicKey(raw)}
	return k.seal(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(raw) + `"}`), nil
}

// The curve of RFC 8032, Section 5.1: -x² + y² = 1 + dx²y² modulo 2²⁵⁵-19.
var (
	edwardsP = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	edwardsD = fromHex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3")

	// smallOrderY are the y coordinates of the eight points of small order.
	smallOrderY = []*big.Int{
		big.NewInt(0), big.NewInt(1), new(big.Int).Sub(edwardsP, big.NewInt(1)),
		fromHex("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"),
		fromHex("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"),
	}
)

// usableEd25519 refuses the fourteen encodings of points of small order, other
// coordinates that are not below p, and coordinates that no point has.
func usableEd25519(raw [32]byte) bool {
	var bigEndian [32]byte
	for i, b := range raw {
		bigEndian[31-i] = b
	}
	bigEndian[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(bigEndian[:])
	if y.Cmp(edwardsP) >= 0 {
		return false
	}
	for _, small := range smallOrderY {
		if y.Cmp(small) == 0 {
			return false
		}
	}
	// x² = (y²-1)/(dy²+1) has a root where the product of the two does.
	one := big.NewInt(1)
	yy := new(big.Int).Mul(y, y)
	v := new(big.Int).Mul(edwardsD, yy)
	u := yy.Sub(yy, one)
	u.Mul(u, v.Add(v, one)).Mod(u, edwardsP)
	return big.Jacobi(u, edwardsP) == 1
}

// newEC accepts an uncompressed point (SEC 1, Section 2.3.3) on P-256 or P-384.
func newEC(curve string, point []byte) (Key, error) {
	var k Key
	var c elliptic.Curve
	switch curve {
	case "P-256":
		c, k.algorithm = elliptic.P256(), ES256
	case "P-384":
		c, k.algorithm = elliptic.P384(), ES384
	default:
		return Key{}, unusable("crv", "neither P-256 nor P-384")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(c, point)
	if err != nil {
		return Key{}, unusable("", "the point is not on "+curve)
	}
	k.public = public
	x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
	return k.seal(`{"crv":"` + curve + `","kty":"EC","x":"` + encode(x) + `","y":"` + encode(y) + `"}`), nil
}

func newCompressedP256(raw []byte) (Key, error) {
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), raw)
	if x == nil {
		return Key{}, unusable("p", "no compressed P-256 point")
	}
	point := make([]byte, 65)
	point[0] = 4
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	return newEC("P-256", point)
}

func fromHex(digits string) *big.Int {
	n, _ := new(big.Int).SetString(digits, 16)
	return n
}
