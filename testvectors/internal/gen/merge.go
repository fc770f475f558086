package main

// mergeVectors: a stated member wins; the plain side may narrow, and add
// contacts; what is not stated takes its default.
func mergeVectors() []vector {
	stated := object{
		{"client_name", "Acme Agent"}, {"software_id", "acme-agent"}, {"redirect_uris", list{acme + "/a", acme + "/b"}},
		{"grant_types", list{"authorization_code", "refresh_token"}}, {"response_types", list{"code"}},
		{"token_endpoint_auth_method", "none"}, {"scope", "files:read files:write"},
	}
	v := func(id, comment, road string, stated, plain object, expect string, opts ...option) vector {
		return newVector("merge", "merge/"+id, expect, comment, append(append([]option{header("road", road)}, opts...),
			text("plain.json", plain.String()), text("stated.json", stated.String()))...)
	}
	merged := func(id, comment string, stated, plain, effective object, overridden string, opts ...option) vector {
		opts = append(opts, text("effective.json", effective.String()))
		if overridden != "" {
			opts = append([]option{header("overridden", overridden)}, opts...)
		}
		return v(id, comment, "registration", stated, plain, "merged", opts...)
	}
	refused := func(id, comment string, stated, plain object, reason string, opts ...option) vector {
		return v(id, comment, "registration", stated, plain, "refused "+reason, opts...)
	}
	plain := object{{"redirect_uris", list{acme + "/a", acme + "/b"}}}
	keys := object{{"keys", list{otherKey.jwk()}}}
	unstated := stated.without("grant_types", "response_types", "token_endpoint_auth_method")
	defaults := unstated.with("grant_types", list{"authorization_code"}).with("response_types", list{"code"}).with("token_endpoint_auth_method", "none")
	loopback := func(uri string) object { return stated.with("redirect_uris", list{uri}) }
	asked := func(uri string) object { return object{{"redirect_uris", list{uri}}} }
	const portless = "http://127.0.0.1/callback"
	return []vector{
		merged("empty_plain", "a request of nothing but the statement", stated, object{}, stated, ""),
		merged("same", "a request that says the same", stated, plain, stated, ""),
		merged("name", "a stated name wins", stated, plain.with("client_name", "Claude"), stated, "client_name", row("O3")),
		merged("redirect_narrowed", "one of two redirect URIs", stated, asked(acme+"/b"), stated.with("redirect_uris", list{acme + "/b"}), ""),
		refused("redirect_outside", "a redirect URI that is not stated", stated, plain.with("redirect_uris", list{acme + "/a", "https://evil.example/cb"}), "redirect_uri_not_stated", row("R11"), row("O3")),
		merged("redirect_empty", "empty redirect_uris count as absent", stated, object{{"redirect_uris", list{}}}, stated, ""),
		merged("scope_narrowed", "one of two scopes", stated, plain.with("scope", "files:read"), stated.with("scope", "files:read"), ""),
		merged("scope_outside_dropped", "a scope that is not stated is dropped and listed", stated, plain.with("scope", "files:read admin:all"), stated.with("scope", "files:read"), "scope", row("O8")),
		refused("scope_all_outside", "no scope that is stated", stated, plain.with("scope", "admin:all"), "scope_empty", row("O8")),
		merged("scope_empty", "an empty scope counts as absent: what is stated is written out", stated, plain.with("scope", ""), stated, "", row("O8")),
		merged("grants_narrowed", "one of two grant types", stated, plain.with("grant_types", list{"authorization_code"}), stated.with("grant_types", list{"authorization_code"}), ""),
		merged("grants_outside_dropped", "a grant type that is not stated is dropped and listed", stated, plain.with("grant_types", list{"authorization_code", "client_credentials"}),
			stated.with("grant_types", list{"authorization_code"}), "grant_types", row("O3")),
		merged("grants_default", "grant types that are not stated take their default, not the plain value", unstated,
			plain.with("grant_types", list{"authorization_code", "refresh_token"}), defaults, "grant_types"),
		merged("defaults", "what is not stated takes its default", unstated, plain, defaults, ""),
		merged("auth_method_default_said", "a plain method that is the default", unstated, plain.with("token_endpoint_auth_method", "none"), defaults, ""),
		merged("contacts_added", "contacts may be added", stated, plain.with("contacts", list{"ops@customer.example"}), stated.with("contacts", list{"ops@customer.example"}), ""),
		merged("name_variant_dropped", "each variant is a member of its own, and this is not stated", stated, plain.with("client_name#ja", "クロード"), stated, "client_name#ja"),
		merged("logo_dropped", "a display member that is not stated", stated, plain.with("logo_uri", "https://evil.example/logo.png"), stated, "logo_uri"),
		merged("unknown_dropped", "an unknown member that is not stated", stated, plain.with("tier", "endorsed").with("x_role", "admin"), stated, "tier x_role", row("O23")),
		merged("folded_name", "SCOPE is an unknown member, not scope", stated, plain.with("SCOPE", "files:read"), stated, "SCOPE", row("J26")),
		refused("jwks_not_stated", "a key that the publisher does not state", stated, plain.with("jwks", keys), "member_not_stated", row("O3"), class("KEY_INJECTION")),
		refused("jwks_uri_not_stated", "keys at an address that the publisher does not state", stated, plain.with("jwks_uri", "https://evil.example/jwks"), "member_not_stated", row("O3"), row("R14"), class("KEY_INJECTION")),
		refused("auth_method_not_stated", "another authentication method than the default of one that is not stated", unstated, plain.with("token_endpoint_auth_method", "private_key_jwt"), "member_not_stated", row("O3")),
		refused("auth_method_downgrade", "the statement says private_key_jwt, the request none", stated.with("token_endpoint_auth_method", "private_key_jwt").with("jwks", keys),
			plain.with("token_endpoint_auth_method", "none"), "member_not_stated", row("O21")),
		refused("auth_method_downgrade_secret", "the statement says private_key_jwt, the request a secret", stated.with("token_endpoint_auth_method", "private_key_jwt").with("jwks", keys),
			plain.with("token_endpoint_auth_method", "client_secret_post"), "member_not_stated", row("O21")),
		refused("auth_signing_alg_not_stated", "a member that authenticates the client", stated, plain.with("token_endpoint_auth_signing_alg", "ES256"), "member_not_stated"),
		refused("tls_subject_not_stated", "a member that authenticates the client", stated, plain.with("tls_client_auth_subject_dn", "CN=evil"), "member_not_stated"),
		refused("software_id_not_stated", "a software_id that is not stated", stated.without("software_id"), plain.with("software_id", "another"), "member_not_stated", row("O16")),
		merged("loopback_port", "the port is free where the stated URI has none", loopback(portless), asked("http://127.0.0.1:51004/callback"), loopback(portless), "", row("R5"), rfc("RFC 8252, Section 7.3")),
		merged("loopback_other_port", "the port is free where the stated URI has one, and dropped", loopback("http://127.0.0.1:33418/callback"), asked("http://127.0.0.1:51004/callback"), loopback(portless), "", row("R5"), rfc("RFC 8252, Section 7.3")),
		refused("loopback_other_host", "localhost is not 127.0.0.1", loopback(portless), asked("http://localhost/callback"), "redirect_uri_not_stated", row("R5")),
		refused("loopback_other_path", "the path is compared exactly", loopback(portless), asked("http://127.0.0.1:51004/callback/"), "redirect_uri_not_stated", row("R5")),
		refused("https_other_port", "the port is free for loopback only", loopback(acme+"/a"), asked("https://acme.example:8443/a"), "redirect_uri_not_stated", row("R5")),
		v("document_jwks_stands", "in a metadata document plain members stand", "document", stated, plain.with("jwks", keys), "merged",
			text("effective.json", stated.with("jwks", keys).String())),
		v("document_stated_wins", "a stated member wins in a document too", "document", stated, plain.with("client_name", "Claude"), "merged",
			header("overridden", "client_name"), text("effective.json", stated.String())),
	}
}

// apiVectors: bodies of POST /v1/decisions that are no request.
func apiVectors() []vector {
	v := func(id, expect, comment, contentType, body string, opts ...option) vector {
		return newVector("api", "api/"+id, expect, comment, append(append([]option{header("content_type", contentType)}, opts...), exact("body", body))...)
	}
	const (
		jsonType = "application/json"
		notJSON  = "400 request_not_json"
		noMember = "400 request_member_malformed"
		good     = `{"client":{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/callback"]}}` + "\n"
	)
	return []vector{
		v("text", notJSON, "the body is text", jsonType, "hello\n"),
		v("empty", notJSON, "an empty body", jsonType, ""),
		v("array", notJSON, "the body is an array", jsonType, "["+good[:len(good)-1]+"]\n"),
		v("two_objects", notJSON, "a second object after the first", jsonType, good[:len(good)-1]+"{}\n"),
		v("duplicate", notJSON, "a name twice at the top", jsonType, `{"client":{},"client":{}}`+"\n", row("J61")),
		v("duplicate_statement", notJSON, "two software_statement members", jsonType, `{"client":{"software_statement":"a","software_statement":"b"}}`+"\n", row("J61")),
		v("byte_order_mark", notJSON, "a byte order mark", jsonType, "\ufeff"+good),
		v("invalid_utf8", notJSON, "the byte FF", jsonType, "{\"client\":{\"client_name\":\"\xff\"}}\n"),
		v("nested_too_deep", notJSON, "more than 16 levels", jsonType, `{"client":{"x":`+nest(20)+"}}\n", row("J44")),
		v("unknown_member", noMember, "a member that is not one of a request", jsonType, good[:len(good)-2]+`,"trusted":true}`+"\n"),
		v("wrong_type", noMember, "a client that is a string", jsonType, `{"client":"Acme Agent"}`+"\n"),
		v("no_client", noMember, "neither client nor client_id", jsonType, `{"dry_run":true}`+"\n"),
		v("authorization_server_http", noMember, "an authorization server that is no https URL", jsonType, good[:len(good)-2]+`,"authorization_server":"http://as.example"}`+"\n", rfc("RFC 8414, Section 2")),
		v("authorization_server_query", noMember, "an authorization server with a query", jsonType, good[:len(good)-2]+`,"authorization_server":"https://as.example/?a"}`+"\n", rfc("RFC 8414, Section 2")),
		v("media_type_form", "415 media_type_unsupported", "a form", "application/x-www-form-urlencoded", "client=x\n", row("J62")),
		v("media_type_text", "415 media_type_unsupported", "a good body under another media type", "text/plain", good),
		newVector("api", "api/body_65537", "413 request_too_large", "a body of 65,537 bytes", header("content_type", jsonType), header("body_size", "65537"), class("SIZE")),
		v("storage_full", "503 storage_full", "a good request, and no room to record the decision", jsonType, good, header("fault", "storage_full")),
		v("no_key", "401 access_token_invalid", "a good request without an API key", jsonType, good, header("authorization", "none"), row("A2"), rfc("RFC 6750, Section 3.1")),
		v("rate_limited", "429 rate_limited", "a good request of a key that has asked too often", jsonType, good, header("fault", "rate_limited"), row("H23")),
		v("defect", "500 server_error", "a good request, and a defect of the service: its detail is withheld", jsonType, good, header("fault", "defect")),
	}
}

func nest(levels int) string {
	s := "0"
	for range levels {
		s = "[" + s + "]"
	}
	return s
}
