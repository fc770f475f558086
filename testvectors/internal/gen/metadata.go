package main

import "strings"

// metadataVectors: rules on the members that a statement states, judged after
// its signature.
func metadataVectors() []vector {
	s := base()
	v := func(id, expect, comment, name string, value any, opts ...option) vector {
		return pinnedVector("metadata/"+id, expect, comment, s.claim(name, value).String(), opts...)
	}
	keys := object{{"keys", list{acmeNext.jwk()}}}
	uris := func(us ...any) list { return us }
	const uriMalformed = "rejected redirect_uri_malformed"
	vs := []vector{
		v("redirect_javascript", uriMalformed, "a script as redirect URI", "redirect_uris", uris("javascript:alert(1)"), row("R1")),
		v("redirect_http", uriMalformed, "http to a host that is not loopback", "redirect_uris", uris("http://acme.example/callback"), row("R3")),
		v("redirect_one_of_two", uriMalformed, "one malformed redirect URI beside a good one", "redirect_uris", uris(acme+"/callback", "https://acme.example/*"), row("R7")),
		stated("metadata/redirect_scheme_foreign", "verified", "a private-use scheme that is not the publisher's reversed host: at most tier domain",
			base().claim("redirect_uris", list{"acmeagent:/callback"}).String(), zoneOf(acmeKey), dns("secure"), finding("coverage failed redirect_uri_foreign"), row("R2")),
		stated("metadata/redirect_scheme_own", "verified", "a private-use scheme that is the publisher's reversed host",
			base().claim("redirect_uris", list{"example.acme:/callback"}).String(), zoneOf(acmeKey), dns("secure"), finding("coverage passed"), row("R2")),
		v("redirect_foreign", "verified", "a redirect URI on a host that the publisher does not cover: a cap, no error", "redirect_uris", uris(other+"/callback"), row("R8"),
			finding("coverage failed redirect_uri_foreign")),
		v("redirect_loopback", "verified", "loopback belongs to nobody and is never foreign", "redirect_uris", uris("http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback"), row("R4"),
			finding("redirect_uris passed")),
		v("scope_double_space", "rejected scope_malformed", "two spaces between scopes", "scope", "files:read  files:write", row("O8"), rfc("RFC 6749, Section 3.3")),
		v("scope_tab", "rejected scope_malformed", "a tab between scopes", "scope", "files:read\tfiles:write", row("O8")),
		v("scope_quote", "rejected scope_malformed", "a quotation mark in a scope", "scope", `files:"read"`, row("O8")),
		v("scope_leading_space", "rejected scope_malformed", "a space before the first scope", "scope", " files:read", row("O8")),
		v("scope_non_ascii", "rejected scope_malformed", "a no-break space between scopes", "scope", "files:read\u00a0files:write", row("O8")),
		v("scope_good", "verified", "scopes with one space between them", "scope", "files:read files:write", row("O8")),
		pinnedVector("metadata/grant_response_conflict", "rejected grant_forbidden", "the response type code without the grant that redeems it",
			s.claim("grant_types", list{"refresh_token"}).claim("response_types", list{"code"}).String(), row("R20"), rfc("RFC 7591, Section 2.1")),
		pinnedVector("metadata/jwks_and_jwks_uri", "rejected metadata_conflict", "jwks and jwks_uri exclude each other",
			s.claim("token_endpoint_auth_method", "private_key_jwt").claim("jwks", keys).claim("jwks_uri", acme+"/jwks.json").String(), rfc("RFC 7591, Section 2"), row("U26")),
		pinnedVector("metadata/web_with_loopback", "rejected redirect_uri_malformed", "application_type web, explicitly, with a loopback redirect",
			s.claim("application_type", "web").claim("redirect_uris", uris("http://127.0.0.1/callback")).String(), row("R21")),
		v("name_bidi", "rejected name_unprintable", "a name that turns the direction of text", "client_name", "Acme \u202etnegA", row("R17"), class("DISPLAY")),
		v("name_zero_width", "rejected name_unprintable", "a name with a zero-width space", "client_name", "Ac\u200bme", row("R17"), class("DISPLAY")),
		v("name_escape", "rejected name_unprintable", "a name with a terminal escape", "client_name", "Acme \x1b[31m", row("R17"), class("DISPLAY")),
		v("name_line_feed", "rejected name_unprintable", "a name of two lines", "client_name", "Acme\nAgent", row("R17"), class("DISPLAY")),
		v("name_129_characters", "rejected name_unprintable", "a name that is too long", "client_name", strings.Repeat("a", 129), row("R17"), class("DISPLAY")),
		v("name_128_characters", "verified", "the longest name", "client_name", strings.Repeat("a", 128), row("R17"), class("DISPLAY")),
		v("name_japanese", "verified", "a name in another script", "client_name", "アクメ・エージェント", class("DISPLAY")),
		v("name_language_bidi", "rejected name_unprintable", "a variant of the name turns the direction of text", "client_name#ja", "\u202eabc", row("U29"), class("DISPLAY")),
	}
	return append(vs, audienceVectors()...)
}

func audienceVectors() []vector {
	s := base()
	const (
		mismatch = "rejected audience_mismatch"
		shape    = "rejected claim_malformed"
	)
	v := func(id, expect, comment string, aud any, opts ...option) vector {
		return pinnedVector("metadata/aud_"+id, expect, comment, s.claim("aud", aud).String(), append([]option{row("J54"), class("AUDIENCE")}, opts...)...)
	}
	here := header("audience", as)
	doc := "https://acme.example/mcp/client.json"
	return []vector{
		pinnedVector("metadata/aud_absent", "verified", "aud is optional in a release statement", s.String(), row("J54"), here),
		v("here", "verified", "aud is this authorization server", as, here),
		v("array_of_one", "verified", "an array of one value is one value", list{as}, here, row("J55")),
		v("elsewhere", mismatch, "aud is another authorization server", "https://as.other.example", here),
		v("array_of_two", shape, "two values, one of them this authorization server: exactly one is allowed", list{as, "https://as.other.example"}, here),
		v("trailing_slash", mismatch, "aud with a slash more", as+"/", here),
		v("prefix", mismatch, "aud is a prefix", "https://as.exampl", here),
		v("upper", mismatch, "aud in capitals", "https://AS.example", here),
		v("star", mismatch, "aud is a star", "*", here),
		v("empty", shape, "aud is empty", "", here),
		v("empty_inside", shape, "aud is an array of an empty string", list{""}, here, row("J55")),
		v("unknown_here", mismatch, "aud is stated, and who we are for is not known", as),
		stated("metadata/client_id_matches", "verified", "a statement found in the document that it names",
			s.claim("client_id", doc).String(), header("client_id", doc), pinned()),
		stated("metadata/client_id_elsewhere", "rejected client_id_mismatch", "a statement for one document, found in another",
			s.claim("client_id", doc).String(), header("client_id", "https://acme.example/mcp/other.json"), pinned()),
		stated("metadata/client_id_encoded", "rejected client_id_mismatch", "client_id is equal only after decoding: compared character by character",
			s.claim("client_id", "https://acme.example/mcp/%63lient.json").String(), header("client_id", doc), pinned(), row("U17")),
		stated("metadata/client_id_missing_in_document", "rejected claim_missing", "a statement in a document must state its client_id",
			s.String(), header("client_id", doc), pinned()),
		stated("metadata/instance_in_document", "rejected instance_statement_in_document", "a statement for one install, found in a document",
			s.claim("client_id", doc).claim("cnf", object{{"jkt", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}}).String(), header("client_id", doc), pinned()),
	}
}
