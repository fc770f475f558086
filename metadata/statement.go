package metadata

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// A Statement is the payload of a software statement (RFC 7591, Section 2.3):
// what a publisher says of one piece of its software. The zero Statement is
// invalid.
type Statement struct {
	Publisher Publisher // iss

	// IssuedAt, ExpiresAt and NotBefore are iat, exp and nbf in Unix seconds;
	// NotBefore is zero where there is none.
	IssuedAt, ExpiresAt, NotBefore int64

	ID string // jti

	// Audience is aud, the one authorization server that the statement is for;
	// empty where it is for all.
	Audience string

	// Confirmation is cnf as it was written. It makes the statement an instance
	// statement; a release statement has none.
	Confirmation json.RawMessage

	// Client is the stated metadata, software_id among it; claims that are no
	// client metadata are in its More.
	Client Client
}

// forbiddenClaims have no business in a public file: the server's decisions,
// secrets, and another statement (RFC 7591, Section 3.1.1).
var forbiddenClaims = []string{"trust", "limits", "registration_access_token", "client_secret", "software_statement"}

// ParseStatement parses the decoded payload of a statement. The error is a
// [Defects] of everything that is wrong with it: [ReasonStatementMalformed],
// [ReasonPublisherMissing], [ReasonPublisherMalformed], [ReasonClaimMissing],
// [ReasonClaimMalformed], [ReasonClaimForbidden]. Times are compared to each
// other and to no clock.
func ParseStatement(payload []byte) (Statement, error) {
	members, err := strictjson.ParseObject(payload, limits.JSONDepth)
	if err != nil {
		return Statement{}, Defects{{Reason: ReasonStatementMalformed, Detail: "payload: " + err.Error()}}
	}
	p := statementParser{}
	stated := p.claims(members)
	var wrong []string
	p.s.Client, wrong = clientFrom(stated)
	for _, name := range wrong {
		p.defects.add(ReasonClaimMalformed, name, "wrong type")
	}
	p.required(wrong)
	p.secrets()
	if err := p.defects.orNil(); err != nil {
		return Statement{}, err
	}
	return p.s, nil
}

type statementParser struct {
	s         Statement
	defects   Defects
	hasIss    bool
	present   [3]bool  // iat, exp, jti
	forbidden []string // names of claims that are forbidden whatever their value
}

// claims reads the registered JWT claims and returns the other members.
func (p *statementParser) claims(members []strictjson.Member) []strictjson.Member {
	others := members[:0:len(members)]
	for _, m := range members {
		switch m.Name {
		case "iss":
			p.hasIss = true
			iss, ok := m.Text()
			publisher, err := ParsePublisher(iss)
			switch {
			case !ok:
				p.defects.add(ReasonPublisherMalformed, "iss", "not a string")
			case err != nil:
				p.defects.add(ReasonPublisherMalformed, "iss", err.Error())
			}
			p.s.Publisher = publisher
		case "iat":
			p.present[0] = true
			p.s.IssuedAt = p.time(m)
		case "exp":
			p.present[1] = true
			p.s.ExpiresAt = p.time(m)
		case "nbf":
			p.s.NotBefore = p.time(m)
		case "jti":
			id, ok := m.Text()
			if !ok || len(id) > limits.RevokedIDBytes {
				p.defects.add(ReasonClaimMalformed, "jti", "not a string of at most 256 bytes")
			}
			p.present[2] = id != "" || !ok
			p.s.ID = id
		case "aud":
			p.s.Audience = p.audience(m.Value)
		case "cnf":
			if !strictjson.IsObject(m.Value) {
				p.defects.add(ReasonClaimMalformed, "cnf", "not an object")
			}
			p.s.Confirmation = m.Value
		default:
			if slices.Contains(forbiddenClaims, m.Name) {
				p.forbidden = append(p.forbidden, m.Name)
				continue
			}
			others = append(others, m)
		}
	}
	return others
}

func (p *statementParser) time(m strictjson.Member) int64 {
	n, ok := strictjson.Integer(m.Value)
	if !ok || n < earliestTime || n > latestTime {
		p.defects.add(ReasonStatementMalformed, m.Name,
			"not an integer from "+strconv.Itoa(earliestTime)+" to "+strconv.Itoa(latestTime))
		return 0
	}
	return n
}

// audience accepts a string, or an array of exactly one.
func (p *statementParser) audience(v json.RawMessage) string {
	if aud, ok := strictjson.Text(v); ok && aud != "" {
		return aud
	}
	if list, ok := strictjson.Texts(v); ok && len(list) == 1 && list[0] != "" {
		return list[0]
	}
	p.defects.add(ReasonClaimMalformed, "aud", "not exactly one non-empty string")
	return ""
}

// required reports what every statement needs and this one has not. Claims in
// wrong have been reported already.
func (p *statementParser) required(wrong []string) {
	s := &p.s
	if !p.hasIss {
		p.defects.add(ReasonPublisherMissing, "iss", "RFC 7591, Section 2.3 requires it")
	}
	missing := func(name string, absent bool) {
		if absent && !slices.Contains(wrong, name) {
			p.defects.add(ReasonClaimMissing, name, "required")
		}
	}
	missing("iat", !p.present[0])
	missing("exp", !p.present[1])
	missing("jti", !p.present[2])
	missing("software_id", s.Client.SoftwareID == "")
	if len(s.Confirmation) == 0 {
		missing("client_name", s.Client.ClientName == "")
		missing("redirect_uris", s.Client.UsesRedirects() && len(s.Client.RedirectURIs) == 0)
	}
	if s.ExpiresAt != 0 && s.IssuedAt >= s.ExpiresAt {
		p.defects.add(ReasonStatementMalformed, "exp", "not after iat")
	}
}

// secrets reports what a public file must not have.
func (p *statementParser) secrets() {
	for _, name := range p.forbidden {
		p.defects.add(ReasonClaimForbidden, name, "has no place in a software statement")
	}
	if HoldsSecretKey(p.s.Client.JWKS) {
		p.defects.add(ReasonClaimForbidden, "jwks", "a private or symmetric key")
	}
}

// secretKeyMembers are the members of a JWK that only its holder may know
// (RFC 7518, Sections 6.2.2, 6.3.2 and 6.4.1; priv is of ML-DSA keys).
var secretKeyMembers = map[string]bool{
	"d": true, "p": true, "q": true, "dp": true, "dq": true, "qi": true, "oth": true, "k": true, "priv": true,
}

// HoldsSecretKey reports whether a JWK set holds a private or symmetric key. A
// set that cannot be read holds none; whoever uses it says that it is malformed.
func HoldsSecretKey(jwks json.RawMessage) bool {
	set, _ := strictjson.Object(jwks)
	for _, m := range set {
		if m.Name != "keys" {
			continue
		}
		keys, _ := strictjson.Array(m.Value)
		for _, key := range keys {
			members, _ := strictjson.Object(key)
			for _, member := range members {
				if secretKeyMembers[member.Name] {
					return true
				}
			}
		}
	}
	return false
}

// MarshalJSON writes the payload: the claims first, then the stated metadata.
func (s Statement) MarshalJSON() ([]byte, error) {
	w := startObject()
	text := func(name, value string) {
		if value != "" {
			w.member(name, quoteText(value))
		}
	}
	number := func(name string, value int64) {
		if value != 0 {
			w.member(name, strconv.AppendInt(nil, value, 10))
		}
	}
	text("iss", s.Publisher.String())
	number("iat", s.IssuedAt)
	number("exp", s.ExpiresAt)
	number("nbf", s.NotBefore)
	text("jti", s.ID)
	text("aud", s.Audience)
	if len(s.Confirmation) > 0 {
		w.member("cnf", s.Confirmation)
	}
	s.Client.write(&w)
	return w.finish()
}
