package jose

import (
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// The values of the typ header parameter (RFC 7515, Section 4.1.9) that tell
// apart what a publisher signs and what a countersigner signs.
const (
	TypeStatement     = "software-statement+jwt"
	TypeCountersigned = "countersigned-statement+jwt"
)

// The algorithms that can verify anything (RFC 7518, Section 3.1; RFC 8037;
// RFC 9864). EdDSA and Ed25519 are two names of one algorithm.
const (
	EdDSA   = "EdDSA"
	Ed25519 = "Ed25519"
	ES256   = "ES256"
	ES384   = "ES384"
	PS256   = "PS256"
	RS256   = "RS256"
)

// A Header is the part of a JOSE header that counts.
type Header struct {
	Algorithm string // one of the constants above
	KeyID     string // well formed (see [metadata.CheckKeyID])
	Type      string // empty where the header has none
}

// Allowed reports whether the algorithm may be used: EdDSA, Ed25519 and ES256
// always, others where extra names them.
func (h Header) Allowed(extra []string) bool {
	switch h.Algorithm {
	case EdDSA, Ed25519, ES256:
		return true
	}
	return KnownAlgorithm(h.Algorithm) && slices.Contains(extra, h.Algorithm)
}

// KnownAlgorithm reports whether alg is one of the algorithms that this package
// verifies, compared exactly.
func KnownAlgorithm(alg string) bool {
	switch alg {
	case EdDSA, Ed25519, ES256, ES384, PS256, RS256:
		return true
	}
	return false
}

func canonicalAlgorithm(alg string) string {
	if alg == Ed25519 {
		return EdDSA
	}
	return alg
}

// parseHeader judges the header in the order of formats, section 1: the members
// that must be there, then those that must not, then the algorithm. Members that
// it does not know are ignored, and names are never folded.
func parseHeader(data []byte, acceptType func(typ string, present bool) bool) (Header, metadata.Defects) {
	members, err := strictjson.ParseObject(data, limits.JSONDepth)
	if err != nil {
		return Header{}, defect(metadata.ReasonStatementMalformed, "", "the header is not one JSON object")
	}
	var h Header
	var hasAlgorithm, hasKeyID, hasType bool
	var missing, forbidden metadata.Defects
	for _, m := range members {
		switch m.Name {
		case "alg":
			h.Algorithm, hasAlgorithm = m.Text()
		case "kid":
			h.KeyID, hasKeyID = m.Text()
		case "typ":
			hasType = true
			h.Type, _ = m.Text() // what is no string is of no type
		case "jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc", "cty":
			forbidden = append(forbidden, &metadata.ReasonError{
				Reason: metadata.ReasonHeaderForbidden, Member: m.Name, Detail: "a statement's header may not have this member"})
		}
	}
	fault := func(member, detail string) {
		missing = append(missing, defect(metadata.ReasonStatementMalformed, member, detail)...)
	}
	if !hasAlgorithm {
		fault("alg", "missing, or not a string")
	}
	if !hasKeyID {
		fault("kid", "missing, or not a string")
	} else if err := metadata.CheckKeyID(h.KeyID); err != nil {
		fault("kid", err.Error())
	}
	defects := missing
	if !acceptType(h.Type, hasType) {
		defects = append(defects, &metadata.ReasonError{
			Reason: metadata.ReasonHeaderForbidden, Member: "typ", Detail: fmt.Sprintf("%.100q is another kind of token", h.Type)})
	}
	defects = append(defects, forbidden...)
	if hasAlgorithm && !KnownAlgorithm(h.Algorithm) {
		defects = append(defects, &metadata.ReasonError{
			Reason: metadata.ReasonAlgorithmForbidden, Member: "alg", Detail: fmt.Sprintf("%.100q verifies nothing here", h.Algorithm)})
	}
	return h, defects
}
