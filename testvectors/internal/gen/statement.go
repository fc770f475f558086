package main

import (
	"strings"
	"sync"
)

const (
	acme  = "https://acme.example"
	other = "https://other.example"
	as    = "https://as.example"

	issued  = 1767225600          // 2026-01-01T00:00:00Z
	expires = issued + 90*24*3600 // 2026-04-01T00:00:00Z
	instant = 1768478400          // now, in Unix seconds
)

// The keys of the vectors' publishers. Their kids are those of the records.
var (
	acmeKey  = ed25519Key("2026a", "acme")
	acmeNext = ed25519Key("2026b", "acme next")
	acmeP256 = p256Key("2026p", "acme p256")
	otherKey = ed25519Key("2026a", "other")
	acmeRSA  = sync.OnceValue(func() key { return rsaKey("2026r", "acme rsa", 2048, "RS256", 0) })
)

// A statement is header, claims and key of one to be signed.
type statement struct {
	header, claims object
	key            key
}

// base is a release statement without a fault.
func base() statement {
	return statement{
		header: object{{"alg", "EdDSA"}, {"kid", acmeKey.kid}, {"typ", "software-statement+jwt"}},
		claims: object{
			{"iss", acme}, {"iat", issued}, {"exp", expires}, {"jti", "acme-agent-1"},
			{"software_id", "acme-agent"}, {"client_name", "Acme Agent"},
			{"redirect_uris", list{acme + "/callback"}},
		},
		key: acmeKey,
	}
}

func (s statement) head(name string, value any) statement {
	s.header = s.header.with(name, value)
	return s
}

func (s statement) claim(name string, value any) statement {
	s.claims = s.claims.with(name, value)
	return s
}

func (s statement) unclaim(names ...string) statement {
	s.claims = s.claims.without(names...)
	return s
}

// by signs with another key and names its kid and algorithm.
func (s statement) by(k key) statement {
	s.key = k
	return s.head("alg", k.alg).head("kid", k.kid)
}

// String is the compact serialization.
func (s statement) String() string { return s.bytes(s.header.String(), s.claims.String()) }

// bytes signs header and payload given as text.
func (s statement) bytes(header, payload string) string {
	return s.segments(b64url([]byte(header)), b64url([]byte(payload)))
}

// segments signs header and payload that are encoded already, rightly or not.
func (s statement) segments(header, payload string) string {
	input := header + "." + payload
	return input + "." + b64url(s.key.sign([]byte(input)))
}

// parts returns the three parts of the compact serialization.
func (s statement) parts() (header, payload, signature string) {
	p := strings.Split(s.String(), ".")
	return p[0], p[1], p[2]
}

// roots is a roots file: publisher, its algorithms beyond the defaults, its keys.
func roots(publisher string, algorithms []string, keys ...object) option {
	return text("roots.json", object{{"publishers", object{{publisher, pin(algorithms, keys...)}}}}.String())
}

func pin(algorithms []string, keys ...object) object {
	jwks := list{}
	for _, k := range keys {
		jwks = append(jwks, k)
	}
	p := object{{"keys", jwks}}
	if len(algorithms) > 0 {
		p = p.and("algorithms", algorithms)
	}
	return p
}

// pinned pins acme's usual key: nothing is looked up.
func pinned() option { return roots(acme, nil, acmeKey.jwk(), acmeP256.jwk()) }

// record is a zone-file line that publishes text for a domain.
func record(domain, text string) string {
	return "_client-key." + domain + ". 300 IN TXT \"" + text + "\""
}

// publisherDocument is what acme serves at its well-known address.
func publisherDocument(keys ...object) object {
	jwks := list{}
	for _, k := range keys {
		jwks = append(jwks, k)
	}
	return object{{"publisher", acme}, {"keys", jwks}}
}

const wellknown = acme + "/.well-known/client-publisher.json"

// stated is a vector of kind statement.
func stated(id, expect, comment, compact string, opts ...option) vector {
	return newVector("statement", id, expect, comment, append(opts, text("statement.jws", compact))...)
}

// pinnedVector is a statement of acme whose key is pinned.
func pinnedVector(id, expect, comment, compact string, opts ...option) vector {
	return stated(id, expect, comment, compact, append(opts, pinned())...)
}
