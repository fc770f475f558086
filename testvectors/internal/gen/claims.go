package main

// claimVectors: required claims, their types, and claims that a public file
// must not have.
func claimVectors() []vector {
	return append(append(requiredVectors(), typeVectors()...), forbiddenVectors()...)
}

func requiredVectors() []vector {
	s := base()
	v := func(id, comment string, st statement, opts ...option) vector {
		return pinnedVector("claims/"+id, "rejected claim_missing", comment, st.String(), opts...)
	}
	return []vector{
		v("exp_missing", "no exp: the statement would live for ever", s.unclaim("exp"), row("J48")),
		v("iat_missing", "no iat", s.unclaim("iat")),
		v("jti_missing", "no jti", s.unclaim("jti"), row("J56")),
		v("software_id_missing", "no software_id", s.unclaim("software_id")),
		v("client_name_missing", "no client_name", s.unclaim("client_name")),
		v("redirect_uris_missing", "no redirect_uris, for the authorization code grant that absent grant_types mean", s.unclaim("redirect_uris"), row("J72")),
		v("redirect_uris_empty", "empty redirect_uris count as absent", s.claim("redirect_uris", list{}), row("J72")),
		pinnedVector("claims/redirect_uris_not_needed", "verified", "no grant that redirects, so no redirect_uris",
			s.unclaim("redirect_uris").claim("grant_types", list{"client_credentials"}).claim("token_endpoint_auth_method", "private_key_jwt").
				claim("jwks", object{{"keys", list{acmeNext.jwk()}}}).String()),
		pinnedVector("claims/unknown_kept", "verified", "unknown claims are ignored and preserved", s.claim("x_build", object{{"commit", "abc"}}).String()),
		pinnedVector("claims/folded_name", "verified", "JWKS_URI and jwk\u017f_uri are unknown claims, not jwks_uri",
			s.claim("JWKS_URI", "https://evil.example/jwks").claim("jwk\u017f_uri", "https://evil.example/jwks").String(), row("J26")),
	}
}

func typeVectors() []vector {
	s := base()
	v := func(id, comment, name string, value any, opts ...option) vector {
		return pinnedVector("claims/"+id, "rejected claim_malformed", comment, s.claim(name, value).String(),
			append([]option{class("TYPE")}, opts...)...)
	}
	return []vector{
		v("client_name_number", "client_name is a number", "client_name", 7),
		v("redirect_uris_string", "redirect_uris is a string", "redirect_uris", acme+"/callback", row("R12")),
		v("redirect_uris_null_inside", "redirect_uris holds null", "redirect_uris", list{nil}, row("R12")),
		v("redirect_uris_nested", "redirect_uris holds an array", "redirect_uris", list{list{acme + "/callback"}}, row("R12")),
		v("jti_number", "jti is a number", "jti", 1),
		v("software_id_object", "software_id is an object", "software_id", object{}),
		v("scope_array", "scope is an array, which RFC 7591 makes a string", "scope", list{"files:read"}),
		v("grant_types_string", "grant_types is a string", "grant_types", "authorization_code"),
		v("jwks_string", "jwks is a string", "jwks", "{}"),
		v("client_uri_bool", "client_uri is a boolean", "client_uri", true),
		v("dpop_bound_string", "dpop_bound_access_tokens is a string", "dpop_bound_access_tokens", "true"),
		v("client_name_language_number", "client_name#ja is a number: each variant is a member", "client_name#ja", 7),
		v("aud_number", "aud is a number", "aud", 7, header("audience", as)),
	}
}

func forbiddenVectors() []vector {
	s := base()
	v := func(id, comment, name string, value any, opts ...option) vector {
		return pinnedVector("claims/"+id, "rejected claim_forbidden", comment, s.claim(name, value).String(), opts...)
	}
	return []vector{
		v("client_secret", "a secret in a public file", "client_secret", "hunter2", row("J73"), class("SECRET")),
		v("registration_access_token", "a credential in a public file", "registration_access_token", "t", row("J73"), class("SECRET")),
		v("jwks_private", "jwks holds a private key", "jwks",
			object{{"keys", list{acmeNext.jwk().with("d", b64url(acmeNext.seed))}}}, row("J73"), class("SECRET")),
		v("jwks_symmetric", "jwks holds a symmetric key", "jwks",
			object{{"keys", list{object{{"kty", "oct"}, {"k", "AAAA"}}}}}, row("J73"), class("SECRET")),
		v("trust", "a claim that only a countersigned statement has", "trust", object{{"tier", "endorsed"}}),
		v("limits", "a claim that only a countersigned statement has", "limits", object{{"access_token_ttl", 86400}}),
		v("nested_statement", "a statement inside the statement", "software_statement", s.String(), row("J61"), rfc("RFC 7591, Section 3.1.1"), class("NESTING")),
		pinnedVector("claims/cnf", "rejected possession_unproven", "cnf makes it an instance statement, and nobody proved the key",
			s.claim("cnf", object{{"jkt", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}}).claim("aud", as).claim("exp", instant+300).claim("iat", instant-60).String(),
			header("audience", as)),
	}
}

// publisherVectors: iss is one canonical https origin and nothing else.
func publisherVectors() []vector {
	s := base()
	v := func(id, comment string, iss any, opts ...option) vector {
		return pinnedVector("publisher/"+id, "rejected publisher_malformed", comment, s.claim("iss", iss).String(), opts...)
	}
	rfc7591 := "eyJhbGciOiJSUzI1NiJ9." +
		"eyJzb2Z0d2FyZV9pZCI6IjROUkIxLTBYWkFCWkk5RTYtNVNNM1IiLCJjbGllbnRfbmFtZSI6IkV4YW1wbGUgU3RhdGVtZW50LWJhc2VkIENsaWVudCIsImNsaWVudF91cmkiOiJodHRwczovL2NsaWVudC5leGFtcGxlLm5ldC8ifQ." +
		"GHfL4QNIrQwL18BSRdE595T9jbzqa06R9BT8w409x9oIcKaZo_mt15riEXHazdISUvDIZhtiyNrSHQ8K4TvqWxH6uJgcmoodZdPwmWRIEYbQDLqPNxREtYn05X3AR7ia4FRjQ2ojZjk5fJqJdQ-JcfxyhK-P8BAWBd6I2LLA77IG32xtbhxYfHX7VhuU5ProJO8uvu3Ayv4XRhLZJY4yKfmyjiiKiPNe-Ia4SMy_d_QSWxskU5XIQl5Sa2YRPMbDRXttm2TfnZM1xx70DoYi8g6czz-CPGRi4SW_S2RKHIJfIjoI3zTJ0Y2oe0_EJAiXbL6OyF9S5tKxDXV8JIndSA"
	return []vector{
		stated("publisher/rfc7591_example", malformed,
			"the statement printed in RFC 7591: its header has no kid, which comes before the iss that it lacks too (erratum 7969)",
			rfc7591, rfc("RFC 7591, Section 3.1.1")),
		stated("publisher/rfc7591_example_with_kid", "rejected publisher_missing",
			"the claims printed in RFC 7591, under a header of ours: Section 2.3 requires the iss that they lack (erratum 7969)",
			statement{header: s.header, key: acmeKey, claims: object{
				{"software_id", "4NRB1-0XZABZI9E6-5SM3R"}, {"client_name", "Example Statement-based Client"}, {"client_uri", "https://client.example.net/"}}}.String(),
			rfc("RFC 7591, Section 2.3")),
		pinnedVector("publisher/missing", "rejected publisher_missing", "only iss is missing", s.unclaim("iss").String(), rfc("RFC 7591, Section 2.3")),
		v("number", "iss is a number", 7),
		v("null", "iss is null, not absent", nil),
		v("empty", "iss is empty", ""),
		v("http", "iss by http", "http://acme.example"),
		v("no_scheme", "iss is a host", "acme.example"),
		v("upper_host", "iss has a capital", "https://Acme.example"),
		v("upper_scheme", "the scheme has capitals", "HTTPS://acme.example"),
		v("trailing_slash", "iss ends in a slash", acme+"/"),
		v("path", "iss has a path", acme+"/mcp"),
		v("query", "iss has a query", acme+"?x"),
		v("fragment", "iss has an empty fragment", acme+"#"),
		v("port", "iss has the default port", acme+":443"),
		v("user", "iss has user information", "https://a@acme.example"),
		v("trailing_dot", "the host ends in a dot", acme+"."),
		v("empty_label", "the host has an empty label", "https://acme..example"),
		v("single_label", "the host has one label", "https://acme"),
		v("unicode", "the host is not an A-label", "https://äcme.example", row("J71")),
		v("full_width_dot", "the host has an ideographic full stop", "https://acme\u3002example", row("J71")),
		v("soft_hyphen", "the host has a soft hyphen", "https://ac\u00adme.example", row("J71")),
		v("ip_address", "the host is an address", "https://192.0.2.1"),
		v("underscore", "the host has an underscore", "https://ac_me.example"),
		v("space", "a space before", " "+acme),
		v("wildcard", "the host is a wildcard", "https://*.example"),
		stated("publisher/a_label", "verified", "an A-label is canonical", s.claim("iss", "https://xn--cme-qla.example").claim("redirect_uris", list{"https://xn--cme-qla.example/cb"}).String(),
			roots("https://xn--cme-qla.example", nil, acmeKey.jwk())),
		stated("publisher/of_another", "rejected signature_invalid", "other.example's key signs for acme.example under acme's kid: keys belong to the iss",
			func() string { t := s; t.key = otherKey; return t.String() }(), row("J52"), class("KEY_CONFUSION"),
			text("roots.json", object{{"publishers", object{{acme, pin(nil, acmeKey.jwk())}, {other, pin(nil, otherKey.jwk())}}}}.String())),
		stated("publisher/key_of_another", "rejected key_unknown", "a kid that only another publisher has",
			s.by(otherKey.named("2026o")).String(), row("J52"), class("KEY_CONFUSION"),
			text("roots.json", object{{"publishers", object{{acme, pin(nil, acmeKey.jwk())}, {other, pin(nil, otherKey.named("2026o").jwk())}}}}.String())),
		stated("publisher/pinned_key_of_another", "rejected key_unknown", "another publisher's key is pinned, and it signs; acme's zone has a key of another kid: a pin is of its publisher",
			func() string { t := s; t.key = otherKey; return t.String() }(), row("J52"), class("KEY_CONFUSION"), roots(other, nil, otherKey.jwk()),
			zoneOf(acmeNext), dns("secure")),
		stated("publisher/record_of_another", "rejected publisher_unknown", "only another publisher's zone and document have the key, which signs",
			func() string { t := s; t.key = otherKey; return t.String() }(), row("J52"), class("KEY_CONFUSION"),
			zone(record("other.example", otherKey.record("s=y"))), dns("secure"),
			served(other+"/.well-known/client-publisher.json", object{{"publisher", other}, {"keys", list{otherKey.jwk()}}})),
		stated("publisher/document_of_another", "rejected publisher_unknown", "acme serves the document of other.example, with the key that signs: it is none of acme's",
			func() string { t := s; t.key = otherKey; return t.String() }(), row("J52"), class("KEY_CONFUSION"),
			served(wellknown, object{{"publisher", other}, {"keys", list{otherKey.jwk()}}}), finding("wellknown_key failed wellknown_mismatch")),
		pinnedVector("publisher/is_countersigner", "rejected publisher_is_countersigner", "the iss is a countersigner of this deployment, which never is a publisher",
			s.String(), header("countersigner", acme)),
	}
}
