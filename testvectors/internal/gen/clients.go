package main

import "strings"

// decision is a vector of kind decision: a request to POST /v1/decisions.
func decision(id, expect, comment string, request object, opts ...option) vector {
	return newVector("decision", id, expect, comment, append(opts, text("request.json", request.String()))...)
}

// byDocument is a decision about a client_id whose document is served.
func byDocument(id, expect, comment string, document object, opts ...option) vector {
	url := document[0].value.(string)
	return decision(id, expect, comment, object{{"client_id", url}}, append(opts, served(url, document))...)
}

// registered is a decision about the members of a registration.
func registered(id, expect, comment string, client object, opts ...option) vector {
	return decision(id, expect, comment, object{{"client", client}}, opts...)
}

const (
	unverified = "approved unverified"
	domain     = "approved domain"
	signed     = "approved signed"
	accepted   = "approved accepted"
)

// realClientVectors: documents and registrations in the shapes that known
// clients sent in 2026. None may be refused.
func realClientVectors() []vector {
	code := list{"authorization_code", "refresh_token"}
	claude := object{
		{"client_id", "https://claude.ai/oauth/mcp-oauth-client-metadata"}, {"client_name", "Claude"}, {"client_uri", "https://claude.ai"},
		{"redirect_uris", list{"https://claude.ai/api/mcp/auth_callback"}}, {"grant_types", code}, {"response_types", list{"code"}},
		{"token_endpoint_auth_method", "none"},
	}
	claudeCode := object{
		{"client_id", "https://claude.ai/oauth/claude-code-client-metadata"}, {"client_name", "Claude Code"}, {"client_uri", "https://claude.ai"},
		{"redirect_uris", list{"http://localhost/callback", "http://127.0.0.1/callback"}}, {"grant_types", code}, {"response_types", list{"code"}},
		{"token_endpoint_auth_method", "none"},
	}
	chatgpt := object{
		{"client_id", "https://chatgpt.com/oauth/client.json"}, {"client_name", "ChatGPT"}, {"client_uri", "https://chatgpt.com"},
		{"redirect_uris", list{"https://chatgpt.com/connector_platform_oauth_redirect"}}, {"grant_types", code}, {"response_types", list{"code"}},
		{"token_endpoint_auth_methods_supported", list{"none", "private_key_jwt"}}, {"token_endpoint_auth_method", "private_key_jwt"},
		{"token_endpoint_auth_signing_alg", "RS256"}, {"jwks_uri", "https://chatgpt.com/oauth/jwks.json"},
		{"logo_uri", "https://cdn.oaistatic.com/assets/logo.png"},
	}
	jwks := served("https://chatgpt.com/oauth/jwks.json", object{{"keys", list{acmeRSA().jwk().with("use", "sig").with("alg", "RS256")}}})
	vscode := object{
		{"client_id", "https://vscode.dev/oauth/client-metadata.json"}, {"client_name", "Visual Studio Code"}, {"client_uri", "https://vscode.dev/product"},
		{"logo_uri", "https://code.visualstudio.com/assets/branding/code-stable.png"},
		{"redirect_uris", list{"http://127.0.0.1:33418/", "https://vscode.dev/redirect"}},
		{"grant_types", list{"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"}}, {"response_types", list{"code"}},
		{"token_endpoint_auth_method", "none"}, {"application_type", "native"},
	}
	cursor := object{
		{"client_name", "Cursor"}, {"redirect_uris", list{"cursor://anysphere.cursor-mcp/oauth/callback"}}, {"grant_types", code},
		{"response_types", list{"code"}}, {"token_endpoint_auth_method", "none"},
	}
	remote := object{
		{"client_name", "MCP CLI Proxy"}, {"client_uri", "https://github.com/modelcontextprotocol/mcp-cli"}, {"redirect_uris", list{"http://localhost:3334/oauth/callback"}},
		{"grant_types", code}, {"response_types", list{"code"}}, {"token_endpoint_auth_method", "none"},
		{"software_id", "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d"}, {"software_version", "0.15.1"},
	}
	inspector := object{
		{"client_name", "MCP Inspector"}, {"client_uri", "https://github.com/modelcontextprotocol/inspector"}, {"redirect_uris", list{"http://localhost:6274/oauth/callback"}},
		{"grant_types", code}, {"response_types", list{"code"}}, {"token_endpoint_auth_method", "none"},
	}
	loose, web := header("binding", "loose"), header("binding", "web")
	return []vector{
		byDocument("clients/claude", domain, "Claude: one https redirect on the document's host", claude, web, header("publisher", "https://claude.ai")),
		byDocument("clients/claude_code", domain, "Claude Code: loopback without port", claudeCode, loose, header("publisher", "https://claude.ai"), row("R5")),
		byDocument("clients/chatgpt", signed, "ChatGPT: authenticates with a key at its own host, and names its methods in the plural too", chatgpt, jwks, header("publisher", "https://chatgpt.com")),
		byDocument("clients/chatgpt_plural_only", signed, "the same with the plural only: the strongest method that is offered counts",
			chatgpt.without("token_endpoint_auth_method"), jwks, header("publisher", "https://chatgpt.com")),
		byDocument("clients/vscode", domain, "VS Code: loopback and a known redirector, a device grant, a logo elsewhere that is not shown", vscode, loose,
			header("publisher", "https://vscode.dev")),
		registered("clients/cursor", unverified, "Cursor: a private-use scheme of one word", cursor, loose, row("R2")),
		registered("clients/cursor_accepted", accepted, "the same, its shape accepted by the operator", cursor, loose, header("accept", "shape")),
		registered("clients/mcp_remote", unverified, "mcp-remote: a fixed software_id and loopback", remote, loose),
		registered("clients/mcp_inspector", unverified, "MCP Inspector: loopback", inspector, loose),
	}
}

// replayVectors: a release statement is a public file. Whoever copies it must
// gain nothing that its publisher did not state.
func replayVectors() []vector {
	public := base().claim("grant_types", list{"authorization_code", "refresh_token"}).claim("scope", "files:read files:write").
		claim("token_endpoint_auth_method", "none")
	client := object{{"software_statement", public.String()}}
	v := func(id, expect, comment string, c object, opts ...option) vector {
		if !strings.HasPrefix(expect, "denied") {
			opts = append(opts, header("publisher", acme))
		}
		return registered("replay/"+id, expect, comment, c, append(opts, zoneOf(acmeKey), dns("secure"))...)
	}
	foreign := list{"https://evil.example/cb"}
	keys := object{{"keys", list{otherKey.jwk()}}}
	return []vector{
		v("as_stated", signed, "the statement alone, its codes go to its publisher: nothing gained", client, header("binding", "web"), header("scope", "files:read")),
		v("foreign_redirect", "denied redirect_uri_not_stated", "a genuine statement with a redirect URI of the presenter", client.with("redirect_uris", foreign), row("O3"), class("REPLAY")),
		v("foreign_redirect_beside", "denied redirect_uri_not_stated", "the stated redirect URI and one more", client.with("redirect_uris", list{acme + "/callback", foreign[0]}), row("R11"), class("REPLAY")),
		v("foreign_jwks", "denied member_not_stated", "a genuine statement with a key and a grant of the presenter",
			client.with("jwks", keys).with("token_endpoint_auth_method", "private_key_jwt").with("grant_types", list{"client_credentials"}), row("O3"), class("REPLAY")),
		v("foreign_jwks_uri", "denied member_not_stated", "a genuine statement with the address of keys of the presenter",
			client.with("jwks_uri", "https://evil.example/jwks").with("token_endpoint_auth_method", "private_key_jwt"), row("O3"), row("R14"), class("REPLAY")),
		v("empty_scope", signed, "an empty scope: what is stated, within the tier, is written out", client.with("scope", ""), header("scope", "files:read"), row("O8"), class("REPLAY")),
		v("scope_widened", signed, "a scope that is not stated is dropped", client.with("scope", "files:read admin:all"), header("scope", "files:read"), row("O8"), class("REPLAY")),
		v("scope_only_foreign", "denied scope_empty", "no scope that is stated", client.with("scope", "admin:all"), row("O8"), class("REPLAY")),
		v("other_name", signed, "another name: the stated one wins", client.with("client_name", "Claude"), row("O3"), class("REPLAY")),
		v("forged", "denied signature_invalid", "a forged statement", client.with("software_statement",
			func() string { t := public; t.key = otherKey; return t.String() }()), class("REPLAY")),
		v("expired", domain, "an expired release statement is no statement: judged by where its codes go",
			object{{"software_statement", public.claim("exp", instant-3600).String()}, {"client_name", "Acme Agent"}, {"redirect_uris", list{acme + "/callback"}}}, class("TIME")),
		v("client_id_elsewhere", "denied client_id_mismatch", "a statement for a document, posted by a registration, and its document is another",
			object{{"software_statement", public.claim("client_id", clientDocument).String()}}, served(clientDocument, baseDocument()), class("REPLAY")),
		v("client_id_fetched", signed, "a copy registers with the statement of the document, which still holds it",
			object{{"software_statement", public.claim("client_id", clientDocument).String()}},
			served(clientDocument, baseDocument().with("software_statement", public.claim("client_id", clientDocument).String())), header("binding", "web")),
	}
}

// decisionVectors: tiers, and what a registration is refused for.
// fromAddress is a registration whose caller asserts from where it comes.
func fromAddress(addr string, client object) object {
	return object{{"client", client}, {"source", object{{"ip", addr}}}}
}

func decisionVectors() []vector {
	plain := object{
		{"client_name", "Acme Agent"}, {"redirect_uris", list{"http://127.0.0.1:51004/callback"}}, {"grant_types", list{"authorization_code"}},
		{"response_types", list{"code"}}, {"token_endpoint_auth_method", "none"},
	}
	v := func(id, expect, comment, name string, value any, opts ...option) vector {
		return registered("decision/"+id, expect, comment, plain.with(name, value), opts...)
	}
	statementIn := base().claim("client_id", clientDocument).claim("scope", "files:read files:write")
	document := baseDocument().with("software_statement", statementIn.String())
	source := []option{zoneOf(acmeKey), dns("secure"), header("publisher", acme)}
	byID := func(url string) object { return object{{"client_id", url}} }
	keys := object{{"keys", list{acmeNext.jwk()}}}
	vs := []vector{
		registered("decision/registration", unverified, "a registration without statement, loopback", plain, header("binding", "loose")),
		v("delivery", domain, "codes can only go to one host: evidence without any document", "redirect_uris", list{acme + "/callback"}, header("binding", "web"), finding("delivery passed")),
		v("delivery_two_hosts", unverified, "codes can go to two hosts", "redirect_uris", list{acme + "/callback", other + "/callback"}),
		registered("decision/delivery_name_of_another", domain, "a known name with codes to evil.example: flagged, and nothing that can hurt",
			plain.with("client_name", "Claude").with("redirect_uris", list{"https://evil.example/cb"}), header("publisher", "https://evil.example"), row("R18"), finding("display_name failed name_resembles_protected")),
		registered("decision/delivery_domain_of_another", domain, "a known domain in front of another: flagged",
			plain.with("redirect_uris", list{"https://claude.ai.evil.example/cb"}), header("publisher", "https://claude.ai.evil.example"), row("R18"), class("DISPLAY"), finding("display_name failed name_resembles_protected")),
		registered("decision/delivery_domain_homoglyph", domain, "a known domain with two Cyrillic letters, as A-label: flagged",
			plain.with("redirect_uris", list{"https://xn--lude-53d4h.ai/cb"}), header("publisher", "https://xn--lude-53d4h.ai"), row("R18"), row("U10"), class("DISPLAY"), finding("display_name failed name_resembles_protected")),
		registered("decision/delivery_domain_typo", domain, "a known domain with two letters transposed: flagged",
			plain.with("redirect_uris", list{"https://antrhopic.com/cb"}), header("publisher", "https://antrhopic.com"), row("R18"), class("DISPLAY"), finding("display_name failed name_resembles_protected")),
		registered("decision/delivery_domain_brand", domain, "a known name as a word of another host: flagged",
			plain.with("redirect_uris", list{"https://login-claude.evil.example/cb"}), header("publisher", "https://login-claude.evil.example"), row("R18"), class("DISPLAY"), finding("display_name failed name_resembles_protected")),
		registered("decision/delivery_domain_of_the_vendor", domain, "a host of the vendor, and its name: no flag",
			plain.with("client_name", "Claude").with("redirect_uris", list{"https://login.claude.ai/cb"}), header("publisher", "https://login.claude.ai"), class("DISPLAY"), finding("display_name passed")),
		v("scope_within_tier", unverified, "scopes above the tier are cut", "scope", "files:read files:write files:delete", header("scope", "files:read"), row("O8")),
		v("scope_sensitive", "denied scope_empty", "a sensitive scope is above the tier, and nothing is left", "scope", "mail:read", row("O8")),
		v("scope_double_space", "denied scope_malformed", "two spaces between scopes", "scope", "files:read  files:write", row("O8")),
		v("scope_array", "denied metadata_malformed", "scope is an array", "scope", list{"files:read"}, row("O24"), class("TYPE")),
		v("redirect_uris_string", "denied redirect_uri_malformed", "redirect_uris is a string", "redirect_uris", acme+"/callback", row("R12"), class("TYPE")),
		v("client_name_number", "denied metadata_malformed", "client_name is a number", "client_name", 7, row("O24"), class("TYPE")),
		v("redirect_script", "denied redirect_uri_malformed", "a script as redirect URI", "redirect_uris", list{"javascript:alert(1)"}, row("R1")),
		v("redirect_wildcard", "denied redirect_uri_malformed", "a wildcard", "redirect_uris", list{"https://*.acme.example/cb"}, row("R7")),
		v("grant_password", "denied grant_forbidden", "only a grant that is not offered", "grant_types", list{"password"}, row("R20")),
		registered("decision/grant_response_conflict", "denied grant_forbidden", "the code grant with only the implicit grant's response type",
			plain.with("response_types", list{"token"}), row("R20"), rfc("RFC 7591, Section 2.1")),
		v("grant_unknown_dropped", unverified, "a grant that is not offered is dropped, and the rest stands", "grant_types",
			list{"authorization_code", "urn:ietf:params:oauth:grant-type:saml2-bearer"}, row("R20")),
		v("name_bidi", "denied name_unprintable", "a name that turns the direction of text", "client_name", "Acme \u202etnegA", row("R17"), class("DISPLAY")),
		registered("decision/jwks_and_jwks_uri", "denied metadata_conflict", "jwks and jwks_uri exclude each other",
			plain.with("token_endpoint_auth_method", "private_key_jwt").with("jwks", keys).with("jwks_uri", acme+"/jwks.json"), row("U26")),
		v("statement_number", "denied statement_not_a_string", "software_statement is a number", "software_statement", 42, row("J60"), class("TYPE")),
		v("statement_null", "denied statement_not_a_string", "software_statement is null, not absent", "software_statement", nil, row("J60"), class("TYPE")),
		v("statement_array", "denied statement_not_a_string", "software_statement is an array of one", "software_statement", list{base().String()}, row("J60"), class("TYPE")),
		v("statement_bogus", "denied statement_malformed", "the forgery that several servers answered 201 to", "software_statement", "eyJ.bogus.sig", class("REPLAY")),
		v("statement_keys_silent", "unavailable dns_unavailable", "a statement whose keys cannot be read now", "software_statement", base().String(), dns("unavailable")),
		decision("decision/client_id_http", "denied client_id_malformed", "a client_id by http", byID("http://acme.example/c"), row("U1")),
		decision("decision/client_id_user", "denied client_id_malformed", "a client_id with user information", byID("https://acme.example%2f@evil.example/c"), row("U5")),
		decision("decision/document_timeout", "unavailable document_unavailable", "a document that cannot be fetched", byID(clientDocument), header("http", clientDocument+" timeout"), row("U18")),
		decision("decision/document_withdrawn", "denied document_withdrawn", "a document that is gone", byID(clientDocument), header("http", clientDocument+" 410"), row("U18")),
		decision("decision/document_address_refused", "denied address_refused", "a document at an address that is never fetched from", byID(clientDocument), header("http", clientDocument+" refused"), class("SSRF")),
		byDocument("decision/document_secret", "denied secret_in_document", "a document with a secret", baseDocument().with("client_secret", "hunter2"), row("U24"), class("SECRET")),
		byDocument("decision/document", domain, "a document without statement", baseDocument(), header("binding", "web"), header("publisher", acme)),
		byDocument("decision/document_foreign_redirect", unverified, "a bare document with a redirect URI elsewhere", baseDocument().with("redirect_uris", list{"https://acme.example/cb", other + "/cb"}), row("R8"),
			finding("coverage failed redirect_uri_foreign")),
	}
	vs = append(vs, resourceVectors(plain)...)
	return append(vs,
		byDocument("decision/document_signed", signed, "a document with a statement", document, append(source, header("binding", "web"))...),
		byDocument("decision/document_signed_accepted", accepted, "the same, its publisher accepted", document, append(source, header("accept", "publisher "+acme), header("binding", "web"), header("scope", "files:read files:write"))...),
		byDocument("decision/document_signed_held", "denied operator_hold", "the same, its publisher on hold by the operator", document, zoneOf(acmeKey), dns("secure"), header("hold", acme)),
		byDocument("decision/document_held_host", "denied operator_hold", "a document without statement, the client_id on hold", baseDocument(), header("hold", clientDocument)),
		byDocument("decision/document_held_unavailable", "denied operator_hold", "a document that cannot be fetched, its host on hold", baseDocument(),
			header("hold", acme), header("http", clientDocument+" timeout")),
		decision("decision/registration_held_redirect", "denied operator_hold", "a registration whose codes go below a domain that is on hold",
			object{{"client", plain.with("redirect_uris", list{"https://login.acme.example/cb"})}}, header("hold", acme)),
		decision("decision/registration_source_denied", "denied source_denied", "a registration from a network that a rule denies",
			fromAddress("192.0.2.7", plain), header("source_rule", "registrar deny 192.0.2.0/24"), finding("source failed source_denied")),
		decision("decision/registration_source_elsewhere", unverified, "the same from another network",
			fromAddress("198.51.100.7", plain), header("source_rule", "registrar deny 192.0.2.0/24")),
		decision("decision/registration_source_unknown", "denied source_denied", "a registration from nobody knows where, and a rule that requires a network",
			object{{"client", plain}}, header("source_rule", "registrar require 192.0.2.0/24"), finding("source unavailable source_denied")),
		byDocument("decision/document_source_registrar", signed, "a rule on registrars is nothing to a document", document,
			append(source, header("source_rule", "registrar require 192.0.2.0/24"))...),
		byDocument("decision/document_denied", "denied policy_denied", "the same, and a deny rule on the host of its publisher", document,
			zoneOf(acmeKey), dns("secure"), header("deny", `within(publisher, "acme.example")`), row("P5")),
		byDocument("decision/document_denied_accepted", "denied policy_denied", "a deny rule on a claim wins over an acceptance", document,
			zoneOf(acmeKey), dns("secure"), header("deny", `redirect_hosts.exists(h, at(h, "acme.example"))`), header("accept", "publisher "+acme), row("P5")),
		byDocument("decision/document_denied_fails", "denied policy_denied", "a deny rule that fails counts as met", document,
			zoneOf(acmeKey), dns("secure"), header("deny", `grant_types[9] == "x"`), row("P2")),
		byDocument("decision/document_denied_other", signed, "a deny rule on a domain of which the host is no part", document,
			append(source, header("deny", `within(publisher, "me.example")`), row("P4"))...),
		decision("decision/strict_unverified", "denied tier_below_minimum", "under policy strict, who proves nothing",
			object{{"client", plain.with("redirect_uris", list{"http://127.0.0.1/cb"})}}, header("policy", "strict")),
		byDocument("decision/strict_signed", "review review_pending", "under policy strict, signed and not accepted yet", document, append(source, header("policy", "strict"))...),
		byDocument("decision/strict_accepted", accepted, "under policy strict, accepted", document, append(source, header("policy", "strict"), header("accept", "publisher "+acme))...),
		byDocument("decision/open_signed", signed, "under policy open a signed client may modify", document, append(source, header("policy", "open"), header("scope", "files:read files:write"))...),
		decision("decision/registration_waits", "review review_pending", "a client that asks for more than reads, under a policy that waits for a person",
			object{{"client", plain.with("scope", "files:read files:write")}}, header("review", "wait")),
		decision("decision/registration_denied_by_review", "denied tier_below_minimum", "the same, and the person denied it",
			object{{"client", plain.with("scope", "files:read files:write")}}, header("review", "denied")),
		byDocument("decision/document_held_other", domain, "a hold on another domain is nothing to this one", baseDocument(), header("hold", other)),
		byDocument("decision/document_signed_uncorroborated", domain, "the same by an insecure DNS answer that nothing corroborates", document, zoneOf(acmeKey), header("publisher", acme),
			finding("dns_strength failed dns_uncorroborated")),
		byDocument("decision/document_signed_loopback", domain, "a signed desktop client: any loopback redirect is loose, and capped",
			baseDocument().with("redirect_uris", list{"http://127.0.0.1/callback"}).with("software_statement",
				statementIn.claim("redirect_uris", list{"http://127.0.0.1/callback"}).String()), append(source, header("binding", "loose"))...),
		byDocument("decision/document_key_line_new", domain, "signed by a key without overlap with the old one", document,
			append(source, header("seen", "2025z 2025-06-01T00:00:00Z 2026-01-14T00:00:00Z"), finding("key_line failed key_line_new"))...),
	)
}
