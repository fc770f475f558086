package differential

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A keyDifference is a key that one side uses and the other does not, or a
// whole set of which one side uses any.
type keyDifference struct {
	set    string
	whole  bool
	index  int
	ours   bool
	reason metadata.Reason
	member string // that our reason is about
	detail string
	fault  string
}

func (d keyDifference) String() string {
	return fmt.Sprintf("ours %t %s %s: %s, theirs %t %s: key %d %s\n\tof %q", d.ours, d.reason, d.member, d.detail, !d.ours, d.fault, d.index, d.jwk(), d.set)
}

// keyClasses are the disagreements over keys: first the sets and keys that jose
// does not use, then those that we do not.
var keyClasses = []class[keyDifference]{
	{"set with a member that is no object", func(d keyDifference) bool {
		return d.ours && d.whole && d.fault == "ERR_JWKS_INVALID" && slices.ContainsFunc(d.items(), func(item json.RawMessage) bool { return item[0] != '{' })
	}},
	{"ext that is no boolean", func(d keyDifference) bool {
		raw, ok := member(d.jwk(), "ext")
		return d.ours && !d.whole && d.fault == "ERR_JWKS_NO_MATCHING_KEY" && ok && string(raw) != "true" && string(raw) != "false"
	}},
	{"key_ops with an operation that WebCrypto does not know", func(d keyDifference) bool {
		return d.ours && !d.whole && d.fault == "ERR_INVALID_ARG_VALUE" && d.has("key_ops")
	}},
	{"set with a member twice", func(d keyDifference) bool { return d.refusedSet() && hasDuplicate([]byte(d.set)) }},
	{"set that is no Unicode text", func(d keyDifference) bool { return d.refusedSet() && !isText([]byte(d.set)) }},
	{"set nested beyond 16 levels", func(d keyDifference) bool {
		return d.refusedSet() && depthOf([]byte(d.set)) > limits.JSONDepth
	}},
	{"set of more than 64 keys", func(d keyDifference) bool { return d.refusedSet() && len(d.items()) > limits.Keys }},
	{"private or symmetric member", func(d keyDifference) bool {
		return d.refused(metadata.ReasonKeyExposed, "") && slices.ContainsFunc([]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}, d.has)
	}},
	{"key's kid absent or of another form", func(d keyDifference) bool {
		return d.refused(metadata.ReasonKeyUnusable, "kid") && metadata.CheckKeyID(memberText(d.jwk(), "kid")) != nil
	}},
	{"kid of several keys", func(d keyDifference) bool {
		same := 0
		for _, item := range d.items() {
			if memberText(item, "kid") == memberText(d.jwk(), "kid") {
				same++
			}
		}
		return d.refused(metadata.ReasonKeyUnusable, "kid") && same > 1
	}},
	{"other spelling of a number", func(d keyDifference) bool {
		return d.refused(metadata.ReasonKeyUnusable, "x", "") && slices.ContainsFunc([]string{"x", "y", "n", "e"}, func(name string) bool {
			text := memberText(d.jwk(), name)
			raw, err := base64.RawURLEncoding.DecodeString(text)
			full := (name == "x" || name == "y") && len(raw)%16 == 0 // of a curve's size, where zeros belong
			zero := bytes.HasPrefix(raw, []byte{0}) && !full
			return d.has(name) && (err != nil || zero || base64.RawURLEncoding.EncodeToString(raw) != text)
		})
	}},
	{"Ed25519 bytes that are no usable point", func(d keyDifference) bool {
		return d.refused(metadata.ReasonKeyUnusable, "x") && memberText(d.jwk(), "crv") == "Ed25519"
	}},
	{"RSA modulus too small, too large or easily factored", func(d keyDifference) bool { return d.refused(metadata.ReasonKeyUnusable, "n") }},
	{"RSA exponent even, below 65537 or beyond 31 bits", func(d keyDifference) bool { return d.refused(metadata.ReasonKeyUnusable, "e") }},
	{"alg that we verify nothing by", func(d keyDifference) bool {
		return d.refused(metadata.ReasonKeyUnusable, "alg") && !slices.Contains([]string{"EdDSA", "Ed25519", "ES256", "ES384", "PS256", "RS256"}, memberText(d.jwk(), "alg"))
	}},
	{"x5c that is not the key's certificate", func(d keyDifference) bool {
		return d.refused(metadata.ReasonKeyUnusable, "x5c") && d.has("x5c")
	}},
	{"key that says it is revoked", func(d keyDifference) bool {
		return d.refused(metadata.ReasonKeyUnusable, "revoked") && d.has("revoked")
	}},
	{"exp of a key that is no time", func(d keyDifference) bool { return d.refused(metadata.ReasonKeyUnusable, "exp") && d.has("exp") }},
}

// refusedSet reports that we refuse a whole set of which they use a key.
func (d keyDifference) refusedSet() bool { return !d.ours && d.whole }

// refused reports that we refuse a key that they use, for this reason of ours
// and one of these members.
func (d keyDifference) refused(reason metadata.Reason, members ...string) bool {
	return !d.ours && !d.whole && d.reason == reason && slices.Contains(members, d.member)
}

// items returns the members of the set as JSON.parse reads it.
func (d keyDifference) items() (items []json.RawMessage) {
	raw, _ := member([]byte(d.set), "keys")
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	return items
}

// jwk returns the key of the difference.
func (d keyDifference) jwk() json.RawMessage {
	if items := d.items(); d.index < len(items) {
		return items[d.index]
	}
	return nil
}

func (d keyDifference) has(name string) bool {
	_, ok := member(d.jwk(), name)
	return ok
}
