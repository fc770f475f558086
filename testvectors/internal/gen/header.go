package main

import "strings"

// headerVectors: alg and kid required, typ exact, and no member that brings a
// key or changes what is signed.
func headerVectors() []vector {
	return append(append(algorithmVectors(), kidVectors()...), memberVectors()...)
}

func algorithmVectors() []vector {
	s := base()
	v := func(id, expect, comment string, alg any, opts ...option) vector {
		return pinnedVector("header/alg_"+id, expect, comment, s.head("alg", alg).String(), append([]option{class("ALGORITHM")}, opts...)...)
	}
	const forbidden = "rejected algorithm_forbidden"
	h, p, _ := s.head("alg", "none").parts()
	return []vector{
		v("none", forbidden, "alg none with a signature left in place", "none", row("J1"), rfc("RFC 8725, Section 3.1")),
		pinnedVector("header/alg_none_short_signature", forbidden, "alg none with a signature of one byte", h+"."+p+".AA", row("J1"), class("ALGORITHM")),
		v("none_capital", forbidden, "alg None", "None", row("J1")),
		v("none_upper", forbidden, "alg NONE", "NONE", row("J1")),
		v("none_space", forbidden, "alg none after a space", " none", row("J1")),
		v("none_nul", forbidden, "alg none before a NUL", "none\x00", row("J1")),
		v("empty", forbidden, "alg is the empty string", "", row("J1")),
		v("lower", forbidden, "alg eddsa: names are compared exactly", "eddsa", row("J1")),
		pinnedVector("header/alg_missing", malformed, "no alg: it is a required string, as kid is",
			s.bytes(s.header.without("alg").String(), s.claims.String()), row("J1")),
		v("null", malformed, "alg is null, not a string", nil, row("J1")),
		v("array", malformed, "alg is an array, not a string", list{"EdDSA"}, row("J1")),
		v("hs256", forbidden, "a symmetric algorithm", "HS256", row("J2")),
		v("es256k", forbidden, "a registered algorithm that no configuration can allow", "ES256K", row("J2")),
		v("rs384", forbidden, "a registered algorithm that no configuration can allow", "RS384", row("J2")),
		v("rs512", forbidden, "a registered algorithm that no configuration can allow", "RS512", row("J2")),
		stated("header/alg_rs256_not_named", forbidden, "RS256 with a good signature, which this publisher's roots do not name",
			s.by(acmeRSA()).String(), row("J2"), roots(acme, nil, acmeRSA().jwk())),
		stated("header/alg_rs256_bound_not_named", forbidden, "a JWK's alg binds the key and enables nothing",
			s.by(acmeRSA()).String(), row("J2"), roots(acme, nil, acmeRSA().jwk().with("alg", "RS256"))),
		pinnedVector("header/alg_ed25519", "verified", "Ed25519 is EdDSA with an Ed25519 key by another name (RFC 9864)",
			s.head("alg", "Ed25519").String(), rfc("RFC 9864, Section 2.2")),
		pinnedVector("header/alg_folded_name", "verified", "members Alg and ALG are unknown, and ignored: names are never folded",
			s.head("Alg", "none").head("ALG", "none").String(), row("J26")),
		pinnedVector("header/alg_only_folded_name", malformed, "only a member Alg: there is no alg",
			s.bytes(s.header.without("alg").with("Alg", "EdDSA").String(), s.claims.String()), row("J26")),
	}
}

func kidVectors() []vector {
	s := base()
	v := func(id, comment string, kid any, opts ...option) vector {
		return pinnedVector("header/kid_"+id, malformed, comment, s.head("kid", kid).String(), append([]option{row("J35")}, opts...)...)
	}
	long := strings.Repeat("k", 64)
	return []vector{
		v("path", "kid is a path", "../../etc/passwd"),
		v("device", "kid is a device", "/dev/null"),
		v("sql", "kid is SQL", "' OR 1=1--"),
		v("nul", "kid holds a NUL", "2026a\x00"),
		v("line_break", "kid holds CR LF", "2026a\r\nX: y"),
		v("url", "kid is a URL", "http://169.254.169.254/"),
		v("empty", "kid is empty", ""),
		v("65_bytes", "kid is one byte too long", long+"k"),
		v("non_ascii", "kid has a letter outside the set", "2026ä"),
		v("number", "kid is a number", 0, row("J36")),
		v("null", "kid is null", nil, row("J36")),
		v("array", "kid is an array", list{"2026a"}, row("J36")),
		v("object", "kid is an object", object{}, row("J36")),
		pinnedVector("header/kid_missing", malformed, "no kid, though one key would fit: keys are never tried in turn",
			s.bytes(s.header.without("kid").String(), s.claims.String()), row("J37")),
		pinnedVector("header/kid_dots", "rejected key_unknown", "a well-formed kid that looks like a path and names no key",
			s.head("kid", "..").String(), row("J35")),
		stated("header/kid_64_bytes", "verified", "the longest kid, with capitals, in a pinned file",
			s.by(acmeKey.named("K._-"+long[4:])).String(), roots(acme, nil, acmeKey.named("K._-"+long[4:]).jwk())),
		pinnedVector("header/kid_other_case", "rejected key_unknown", "kids are compared exactly", s.head("kid", "2026A").String()),
	}
}

func memberVectors() []vector {
	s := base()
	v := func(id, comment, name string, value any, opts ...option) vector {
		return pinnedVector("header/"+id, "rejected header_forbidden", comment, s.head(name, value).String(), opts...)
	}
	inner := otherKey.jwk()
	return []vector{
		v("typ_at_jwt", "an access token's typ", "typ", "at+jwt", row("J39"), rfc("RFC 8725, Section 3.11")),
		v("typ_dpop", "a DPoP proof's typ", "typ", "dpop+jwt", row("J39")),
		v("typ_logout", "a logout token's typ", "typ", "logout+jwt", row("J39")),
		v("typ_secevent", "a security event token's typ", "typ", "secevent+jwt", row("J39")),
		v("typ_entity_statement", "a federation entity statement's typ", "typ", "entity-statement+jwt", row("J39")),
		v("typ_countersigned", "our own service's typ: a countersigned statement is no publisher's statement", "typ", "countersigned-statement+jwt", row("J39")),
		v("typ_upper", "typ is compared exactly", "typ", "Software-Statement+JWT", row("J39")),
		v("typ_application", "typ with the application/ prefix: compared exactly", "typ", "application/software-statement+jwt", row("J39")),
		v("typ_number", "typ of another type", "typ", 1, row("J39")),
		v("typ_null", "typ null is not typ absent", "typ", nil, row("J39")),
		pinnedVector("header/typ_absent", "verified", "typ may be absent", s.bytes(s.header.without("typ").String(), s.claims.String()), row("J39")),
		pinnedVector("header/typ_jwt", "verified", "typ may be JWT", s.head("typ", "JWT").String(), row("J39")),
		v("jwk", "the attacker's key comes along and verifies the signature", "jwk", inner, row("J28"), class("KEY_INJECTION")),
		pinnedVector("header/jwk_signs", "rejected header_forbidden", "signed by the key in its own header",
			func() string { t := s.head("jwk", inner); t.key = otherKey; return t.String() }(), row("J28"), class("KEY_INJECTION")),
		v("jwk_private", "the key in the header is a private one", "jwk", inner.with("d", b64url(otherKey.seed)), row("J29")),
		v("jku_other_host", "keys at an attacker's address", "jku", "https://evil.example/jwks.json", row("J30"), class("KEY_INJECTION")),
		v("jku_same_host", "keys at the publisher's own address: refused like any other", "jku", acme+"/jwks.json", row("J30")),
		v("jku_userinfo", "the publisher's name as user information", "jku", "https://acme.example@evil.example/", row("J30")),
		v("jku_http", "keys by http", "jku", "http://acme.example/jwks.json", row("J30")),
		v("x5u", "a certificate at an address", "x5u", acme+"/cert.pem", row("J31"), class("KEY_INJECTION")),
		v("x5c", "a certificate in the header, and no trust root of kind x509 for this publisher", "x5c", list{"MAA="}, row("J32"), class("KEY_INJECTION")),
		v("crit_b64", "an unencoded payload, marked critical", "crit", list{"b64"}, row("J23"), rfc("RFC 7797, Section 7")),
		v("b64_false", "an unencoded payload, not marked critical", "b64", false, row("J23")),
		v("b64_true", "b64 with its default value", "b64", true, row("J23")),
		v("b64_string", "b64 as a string", "b64", "false", row("J23")),
		v("crit_empty", "an empty crit", "crit", list{}, row("J23")),
		v("crit_exp", "a critical extension that we happen to know", "crit", list{"exp"}, row("J23")),
		v("zip", "a compressed payload", "zip", "DEF", row("J19")),
		v("enc", "an encryption's member", "enc", "A128GCM", row("J18")),
		v("cty_jwt", "cty says that the payload is another JWT", "cty", "JWT", row("J22"), class("NESTING")),
		pinnedVector("header/cty_jwt_nested", "rejected header_forbidden", "the payload is a good statement of its own",
			s.bytes(s.head("cty", "JWT").header.String(), s.String()), row("J22"), class("NESTING")),
		pinnedVector("header/x5t", "verified", "thumbprints of certificates that nobody has: they choose no key",
			s.head("x5t", b64url(make([]byte, 20))).head("x5t#S256", b64url(make([]byte, 32))).String(), row("J34"), rfc("RFC 7515, Section 4.1.7")),
		pinnedVector("header/member_unknown", "verified", "an unknown header member is ignored", s.head("x_build", 7).String()),
		pinnedVector("header/member_folded", "verified", "JWK and the long s of \u017fub fold to nothing", s.head("JWK", inner).head("\u017fub", "x").String(), row("J26")),
	}
}
