package jose

import (
	"crypto/rsa"
	"math/big"
	"sync"

	"github.com/fc28f635/countersign/internal/limits"
)

// newRSA accepts a modulus of a size that is neither weak nor slow and that
// nobody factors in passing, and an exponent of NIST SP 800-56B that crypto/rsa
// can hold. All its checks cost less than a few signature checks. It does not
// look for a modulus that is itself prime, which would cost a hundred: whoever
// publishes one has chosen it.
func newRSA(n, e *big.Int) (Key, error) {
	const smallestE, largestE = 1<<16 + 1, 1<<31 - 1
	switch bits := n.BitLen(); {
	case n.Sign() == -1 || bits < limits.RSABitsMin || bits > limits.RSABitsMax:
		return Key{}, unusable("n", "an RSA key has 2048 to 4096 bits")
	case new(big.Int).GCD(nil, nil, n, smallPrimes()).Cmp(big.NewInt(1)) != 0:
		return Key{}, unusable("n", "the modulus has a small factor")
	case !e.IsInt64() || e.Int64() < smallestE || e.Int64() > largestE || e.Bit(0) == 0:
		return Key{}, unusable("e", "the exponent is not odd and from 65537 to 2147483647")
	case fromWeakChip(n):
		return Key{}, unusable("n", "the modulus is of a chip whose keys can be factored (CVE-2017-15361)")
	case closePrimes(n):
		return Key{}, unusable("n", "the two primes of the modulus are so close that it can be factored")
	}
	public := &rsa.PublicKey{N: new(big.Int).Set(n), E: int(e.Int64())}
	k := Key{public: public}
	return k.seal(`{"e":"` + encode(e.Bytes()) + `","kty":"RSA","n":"` + encode(n.Bytes()) + `"}`), nil
}

// smallPrimes returns the product of the primes below 2¹².
var smallPrimes = sync.OnceValue(func() *big.Int {
	product := big.NewInt(1)
	for n := range int64(1 << 12) {
		if n := big.NewInt(n); n.ProbablyPrime(0) {
			product.Mul(product, n)
		}
	}
	return product
})

// weakChipPrimes are those by which the moduli of the chip's keys are told from
// others: modulo each of them 65537 has few powers.
var weakChipPrimes = [...]uint64{11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157}

// weakChipPowers says for each of the primes which residues are powers of 65537.
var weakChipPowers = sync.OnceValue(func() (powers [len(weakChipPrimes)][256]bool) {
	for i, p := range weakChipPrimes {
		for power := uint64(1); !powers[i][power]; power = power * 65537 % p {
			powers[i][power] = true
		}
	}
	return powers
})

// fromWeakChip reports whether the modulus has the mark of "The Return of
// Coppersmith's Attack" (ROCA): modulo each of the primes it is a power of 65537,
// as of other moduli less than one in a hundred million is.
func fromWeakChip(n *big.Int) bool {
	powers := weakChipPowers()
	residue, prime := new(big.Int), new(big.Int)
	for i, p := range weakChipPrimes {
		if !powers[i][residue.Mod(n, prime.SetUint64(p)).Uint64()] {
			return false
		}
	}
	return true
}

// closePrimes reports whether a hundred steps of Fermat's method factor the
// modulus: n = a² - b² for an a not far above its root.
func closePrimes(n *big.Int) bool {
	const steps = 100
	a := new(big.Int).Sqrt(n)
	square := new(big.Int).Mul(a, a) // of this a, less n: it is b² for the right one
	if square.Sub(square, n).Sign() == 0 {
		return true
	}
	root, one := new(big.Int), big.NewInt(1)
	for range steps {
		square.Add(square, root.Lsh(a, 1)).Add(square, one)
		a.Add(a, one)
		if maybeSquare(square) && root.Mul(root.Sqrt(square), root).Cmp(square) == 0 {
			return true
		}
	}
	return false
}

// maybeSquare reports whether the last six bits of a positive number are those of
// a square, which of other numbers one in five is.
func maybeSquare(n *big.Int) bool {
	const squares uint64 = 1<<0 | 1<<1 | 1<<4 | 1<<9 | 1<<16 | 1<<17 | 1<<25 | 1<<33 | 1<<36 | 1<<41 | 1<<49 | 1<<57
	return squares>>(n.Bits()[0]%64)&1 == 1
}
