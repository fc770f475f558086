package differential

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A statementDifference is a statement that one side accepts.
type statementDifference struct {
	raw             string
	ours            bool
	reason          metadata.Reason // why we refuse it
	findings        []verify.Finding
	fault           string // why they do
	header, payload []byte
	canonical       bool
}

func newStatementDifference(raw string, v *verify.Verdict, theirs statementAnswer) statementDifference {
	d := statementDifference{raw: raw, ours: v.Outcome == verify.Verified, reason: v.Reason(), findings: v.Findings, fault: theirs.Fault}
	d.header, d.payload, d.canonical = parts(raw)
	return d
}

func (d statementDifference) String() string {
	text := fmt.Sprintf("ours %t, theirs %t %s\n\theader  %.300q\n\tpayload %.600q\n\traw     %.2000q", d.ours, !d.ours, d.fault, d.header, d.payload, d.raw)
	for _, f := range d.findings {
		if f.Reason != "" {
			text += fmt.Sprintf("\n\t%s: %s", f.Reason, f.Detail)
		}
	}
	return text
}

// statementClasses are the disagreements over statements. All are of one
// direction: jose accepts what we refuse.
var statementClasses = []class[statementDifference]{
	{"other spelling of base64url", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonStatementMalformed) && !d.canonical
	}},
	{"member twice", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonStatementMalformed) && (hasDuplicate(d.header) || hasDuplicate(d.payload))
	}},
	{"no Unicode text", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonStatementMalformed) && (!isText(d.header) || !isText(d.payload))
	}},
	{"nested beyond 16 levels", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonStatementMalformed) && (depthOf(d.header) > limits.JSONDepth || depthOf(d.payload) > limits.JSONDepth)
	}},
	{"kid absent or of another form", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonStatementMalformed) && metadata.CheckKeyID(memberText(d.header, "kid")) != nil
	}},
	{"time that is no integer of this century", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonStatementMalformed) && slices.ContainsFunc([]string{"iat", "exp", "nbf"}, func(name string) bool {
			raw, ok := member(d.payload, name)
			return ok && !plainTime(raw)
		})
	}},
	{"iat not before exp", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonStatementMalformed) && number(d.payload, "iat") >= number(d.payload, "exp")
	}},
	{"typ of another kind", func(d statementDifference) bool {
		typ, ok := member(d.header, "typ")
		return d.refusedFor(metadata.ReasonHeaderForbidden) && ok && string(typ) != `"JWT"` && string(typ) != `"software-statement+jwt"`
	}},
	{"header member that replaces key or reading", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonHeaderForbidden) && slices.ContainsFunc([]string{"jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc", "cty"}, func(name string) bool {
			_, ok := member(d.header, name)
			return ok
		})
	}},
	{"iss that is no canonical origin", func(d statementDifference) bool {
		_, err := metadata.ParsePublisher(memberText(d.payload, "iss"))
		return d.refusedFor(metadata.ReasonPublisherMalformed) && err != nil
	}},
	{"iss of another publisher", func(d statementDifference) bool {
		return (d.refusedFor(metadata.ReasonKeysUnavailable) || d.refusedFor(metadata.ReasonAlgorithmForbidden)) && memberText(d.payload, "iss") != "https://acme.example"
	}},
	{"claim absent or empty", func(d statementDifference) bool { return d.refusedFor(metadata.ReasonClaimMissing) }},
	{"claim of the wrong type", func(d statementDifference) bool { return d.refusedFor(metadata.ReasonClaimMalformed) }},
	{"claim that a public file must not have", func(d statementDifference) bool { return d.refusedFor(metadata.ReasonClaimForbidden) }},
	{"instance statement", func(d statementDifference) bool {
		_, ok := member(d.payload, "cnf")
		return d.refusedFor(metadata.ReasonPossessionUnproven) && ok
	}},
	{"iat in the future", func(d statementDifference) bool { return d.refusedFor(metadata.ReasonStatementNotYetValid) }},
	{"lifetime too long", func(d statementDifference) bool { return d.refusedFor(metadata.ReasonStatementLifetimeTooLong) }},
	{"aud of another server", func(d statementDifference) bool { return d.refusedFor(metadata.ReasonAudienceMismatch) }},
	{"redirect URI or grant that we refuse", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonRedirectURIMalformed) || d.refusedFor(metadata.ReasonGrantForbidden)
	}},
	{"other rule for client metadata", func(d statementDifference) bool {
		return d.refusedFor(metadata.ReasonScopeMalformed) || d.refusedFor(metadata.ReasonNameUnprintable) || d.refusedFor(metadata.ReasonMetadataMalformed) ||
			d.refusedFor(metadata.ReasonMetadataConflict) || d.refusedFor(metadata.ReasonAuthMethodForbidden)
	}},
}

// refusedFor reports that we refuse and they accept, for this reason of ours.
func (d statementDifference) refusedFor(reason metadata.Reason) bool {
	return !d.ours && d.reason == reason
}

// What follows reads JSON as leniently as jose does, and independently of the
// code under test.

// member returns a member as JSON.parse takes it: the last of its name.
func member(object []byte, name string) (json.RawMessage, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(object, []byte("\ufeff")), &members) != nil {
		return nil, false
	}
	raw, ok := members[name]
	return raw, ok
}

func memberText(object []byte, name string) string {
	raw, _ := member(object, name)
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

func number(object []byte, name string) float64 {
	raw, _ := member(object, name)
	var n float64
	_ = json.Unmarshal(raw, &n) // 0 where there is none
	return n
}

// plainTime reports whether a time is an integer within the years 2015 to 2099.
func plainTime(raw json.RawMessage) bool {
	return regexp.MustCompile(`^[1-9][0-9]{9}$`).Match(raw) && string(raw) >= "1420070400" && string(raw) <= "4102444799"
}

func hasDuplicate(data []byte) bool {
	root, err := parseTree(data)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(root.within(), func(n *node) bool {
		names := slices.Clone(n.names)
		slices.Sort(names)
		return len(slices.Compact(names)) < len(n.names)
	})
}

var surrogate = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F])`)

// isText reports whether JSON is UTF-8 without byte order mark, and all its
// strings are Unicode.
func isText(data []byte) bool {
	lone := slices.ContainsFunc(surrogate.FindAllSubmatch(data, -1), func(m [][]byte) bool { return m[1] != nil })
	return utf8.Valid(data) && !bytes.HasPrefix(data, []byte("\ufeff")) && !lone
}

func depthOf(data []byte) int {
	root, err := parseTree(data)
	if err != nil {
		return 0
	}
	return root.depth()
}

func (n *node) depth() int {
	deepest := 0
	for _, item := range n.items {
		deepest = max(deepest, item.depth())
	}
	if n.scalar != "" && n.scalar[0] != '[' && n.scalar[0] != '{' {
		return deepest
	}
	return deepest + 1
}
