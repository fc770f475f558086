package differential

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/testvectors"
)

// keySets returns the JWK sets of the vectors, wherever in them they stand.
func keySets(t *testing.T) []*node {
	t.Helper()
	var sets []*node
	seen := map[string]bool{}
	for _, v := range testvectors.All() {
		for _, name := range slices.Sorted(maps.Keys(v.Files)) {
			file := v.Files[name]
			if name == "statement.jws" {
				_, file, _ = parts(string(file))
			}
			root, err := parseTree(file)
			if err != nil {
				continue
			}
			for _, n := range root.within() {
				if keys := n.member("keys"); keys != nil && len(keys.items) > 0 && !seen[keys.String()] {
					seen[keys.String()] = true
					sets = append(sets, &node{object: true, names: []string{`"keys"`}, items: []*node{keys}})
				}
			}
		}
	}
	if len(sets) < 20 {
		t.Fatalf("only %d key sets among the vectors: have they moved?", len(sets))
	}
	return sets
}

// Members that mean something in a JWK.
var keyMembers = []string{`kid="2026b"`, `kid=""`, `kid="a b"`, `kid=1`, `use="sig"`, `use="enc"`, `use=null`, `key_ops=["verify"]`, `key_ops=["sign"]`, `key_ops=["verify","verify"]`, `key_ops="verify"`,
	`alg="EdDSA"`, `alg="Ed25519"`, `alg="ES256"`, `alg="RS256"`, `alg="PS256"`, `alg="RS512"`, `alg="none"`, `alg=null`, `kty="oct"`, `kty="RSA"`, `kty="okp"`, `crv="X25519"`, `crv="P-256"`, `crv="P-384"`, `crv="P-521"`, `crv="secp256k1"`,
	`d="AAAA"`, `k="AAAA"`, `p=""`, `priv=null`, `x5c=["AA"]`, `x5c=[]`, `x5u="https://acme.example/c"`, `ext=true`, `ext="x"`, `exp=1775001600`, `exp="x"`, `revoked={"revoked_at":1}`, `e="AQAB"`, `e="AQ"`, `e="Aw"`, `e="AAEAAQ"`, `e="AQAAAAE"`}

// mutantKeySet makes one key set from a set and another that lends it keys.
func mutantKeySet(r *rand.Rand, sets []*node) string {
	set := pick(r, sets).clone()
	keys := set.member("keys")
	if r.IntN(4) == 0 {
		keys.items = append(keys.items, pick(r, pick(r, sets).member("keys").items).clone())
	}
	if r.IntN(100) == 0 {
		for range limits.Keys { // more than are read, each of another kid
			key := keys.items[0].clone()
			key.set("kid", fmt.Sprintf(`"k%d"`, len(keys.items)))
			keys.items = append(keys.items, key)
		}
	}
	for range 1 + r.IntN(2) {
		key := pick(r, append(keys.items[:len(keys.items):len(keys.items)], keys))
		switch {
		case key == keys && r.IntN(2) == 0:
			mutateTree(r, set, keyMembers)
		case key.object && r.IntN(3) == 0:
			mutateMaterial(r, key)
		case key.object && r.IntN(3) == 0:
			name, value, _ := strings.Cut(pick(r, keyMembers), "=")
			key.set(name, value)
		default:
			mutateTree(r, key, keyMembers)
		}
		if keys = set.member("keys"); keys == nil || len(keys.items) == 0 {
			break
		}
	}
	text := set.String()
	if r.IntN(10) == 0 {
		text = mutateBytes(r, text, morsels)
	}
	return text
}

// mutateMaterial changes how the numbers of a key are written, or the numbers.
func mutateMaterial(r *rand.Rand, key *node) {
	name := pick(r, []string{"x", "y", "n", "e"})
	text := key.text(name)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || text == "" {
		return
	}
	switch r.IntN(7) {
	case 0:
		raw = append([]byte{0}, raw...)
	case 1:
		raw = raw[1:]
	case 2:
		raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
	case 3: // another alphabet, or padding
		key.set(name, quoted(base64.StdEncoding.EncodeToString(raw)))
		return
	case 4: // bits to spare
		key.set(name, quoted(text[:len(text)-1]+pick(r, []string{"A", "B", "w", "Q", "R", "_"})))
		return
	case 5: // a point of small order, or one that is not canonical
		raw = bytes.Repeat([]byte{pick(r, []byte{0, 0xff})}, len(raw))
		raw[0] = pick(r, []byte{0, 1, 0xec, 0xed, 0xee})
		raw[len(raw)-1] &= 0x7f
	default:
		raw = append(raw, 0)
	}
	key.set(name, quoted(base64.RawURLEncoding.EncodeToString(raw)))
}

// member returns a member of an object, nil where there is none.
func (n *node) member(name string) *node {
	for i := range n.names {
		if n.names[i] == quoted(name) {
			return n.items[i]
		}
	}
	return nil
}

type keyCase struct {
	Raw []byte `json:"raw"`
}

type keyAnswer struct {
	OK    bool   `json:"ok"`
	Fault string `json:"fault"`
	Keys  []struct {
		OK         bool   `json:"ok"`
		Thumbprint string `json:"thumbprint"`
		Fault      string `json:"fault"`
	} `json:"keys"`
}

func TestKeySets(t *testing.T) {
	t.Parallel()
	sets := keySets(t)
	y := newTally(keyClasses)
	compare(t, "key_set", func(r *rand.Rand) keyCase {
		return keyCase{[]byte(mutantKeySet(r, sets))}
	}, func(c keyCase, theirs keyAnswer) {
		keys, problems, err := jose.ParseKeys(c.Raw)
		if err != nil || !theirs.OK {
			usable := false
			for _, k := range theirs.Keys {
				usable = usable || k.OK
			}
			if ours := len(keys) > 0; ours != usable {
				y.disagree(t, keyDifference{set: string(c.Raw), whole: true, ours: ours, detail: fmt.Sprint(err), fault: theirs.Fault})
			} else {
				y.agree(false)
			}
			return
		}
		if len(theirs.Keys) != len(keys)+len(problems) {
			t.Errorf("%d keys by our reading, %d by theirs: %q", len(keys)+len(problems), len(theirs.Keys), c.Raw)
			return
		}
		for i, k := range theirs.Keys {
			ours, d := "", keyDifference{set: string(c.Raw), index: i, fault: k.Fault}
			if len(problems) > 0 && problems[0].Index == i {
				d.reason, d.member, d.detail = problems[0].Err.Reason, problems[0].Err.Member, problems[0].Err.Detail
				problems = problems[1:]
			} else {
				ours, keys = keys[0].Thumbprint(), keys[1:]
				d.ours = true
			}
			switch {
			case d.ours != k.OK:
				y.disagree(t, d)
			case d.ours && ours != k.Thumbprint:
				t.Errorf("key %d of %q has thumbprint %s, and %s by theirs", i, c.Raw, ours, k.Thumbprint)
			default:
				y.agree(d.ours)
			}
		}
	})
	y.report(t)
}
