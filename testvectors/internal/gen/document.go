package main

import (
	"fmt"
	"strings"
)

const clientDocument = acme + "/mcp/client.json"

// baseDocument is a metadata document without a fault.
func baseDocument() object {
	return object{
		{"client_id", clientDocument}, {"client_name", "Acme Agent"}, {"client_uri", acme},
		{"redirect_uris", list{acme + "/callback"}}, {"grant_types", list{"authorization_code", "refresh_token"}},
		{"response_types", list{"code"}}, {"token_endpoint_auth_method", "none"},
	}
}

// documentVectors: what a client_id URL serves (draft-ietf-oauth-client-id-metadata-document-02).
func documentVectors() []vector {
	d := baseDocument()
	v := func(id, expect, comment, body string, opts ...option) vector {
		return newVector("document", "document/"+id, expect, comment, append(opts, header("client_id", clientDocument), exact("document.json", body+"\n"))...)
	}
	bad := func(id, comment, body string, opts ...option) vector {
		return v(id, "rejected document_malformed", comment, body, opts...)
	}
	down := func(id, expect, comment, answer string, opts ...option) vector {
		return newVector("document", "document/"+id, expect, comment, append(opts, header("client_id", clientDocument), header("http", clientDocument+" "+answer))...)
	}
	sized := func(n int) string {
		empty := len(d.with("x_fill", "").String()) + 1
		return d.with("x_fill", strings.Repeat("a", n-empty)).String()
	}
	keys := func(ks ...any) object { return object{{"keys", list(ks)}} }
	confidential := d.with("token_endpoint_auth_method", "private_key_jwt")
	const (
		secret      = "rejected secret_in_document"
		unavailable = "inconclusive document_unavailable"
		keysURL     = acme + "/jwks.json"
		keyless     = "possession failed key_unusable"
		unread      = "possession unavailable keys_unavailable"
	)
	byURI := func(id, expect, comment, found string, opts ...option) vector {
		return v("keys_by_uri_"+id, expect, comment, confidential.with("jwks_uri", keysURL).String(), append(opts, finding(found))...)
	}
	return append([]vector{
		v("base", "verified", "a document without a fault", d.String(), finding("metadata_document passed")),
		v("auth_method_absent", "verified", "an absent authentication method means none", d.without("token_endpoint_auth_method").String()),
		v("unknown_member", "verified", "unknown members are ignored", d.with("x_foo", object{{"a", 1}}).String()),
		v("final_line_feeds", "verified", "white space after the object is JSON's own", d.String()+"\n \t", row("U21")),
		v("keys_by_uri", "verified", "a client that authenticates with keys at its own host", confidential.with("jwks_uri", keysURL).String(),
			served(keysURL, keys(acmeNext.jwk())), finding("possession passed")),
		byURI("unusable_beside_usable", "verified", "one key of several can be used", "possession passed", served(keysURL, keys(acmeNext.jwk(), object{{"kty", "AKP"}}))),
		byURI("private", "rejected key_exposed", "a private key where the client's keys are", "possession failed key_exposed",
			served(keysURL, keys(acmeNext.jwk().with("d", b64url(acmeNext.seed)))), row("K5"), class("SECRET")),
		byURI("empty", "verified", "no key at the address", keyless, served(keysURL, keys())),
		byURI("65_keys", "verified", "more than 64 keys", keyless, served(keysURL, keys(many(65)...)), row("K1"), class("SIZE")),
		byURI("page", "verified", "a page where the keys should be", keyless, text(keysURL, "<!doctype html>"), row("K1")),
		byURI("status_304", "verified", "304 without a body, to a request that has no condition", unread, header("http", keysURL+" 304"), row("K25")),
		byURI("status_404", "verified", "no document where the keys should be", keyless, header("http", keysURL+" 404"), row("K1")),
		byURI("status_500", "verified", "a server's failure", unread, header("http", keysURL+" 500"), row("K1")),
		byURI("timeout", "verified", "no answer", unread, header("http", keysURL+" timeout"), row("K1")),
		byURI("address_refused", "verified", "the host has an address that is never fetched from", "possession failed address_refused",
			header("http", keysURL+" refused"), row("R14"), class("SSRF")),
		byURI("one_kid_twice", "verified", "several keys under one kid: none can be told from the other", keyless,
			served(keysURL, keys(acmeNext.jwk(), acmeKey.named(acmeNext.kid).jwk()))),
		v("keys_by_foreign_uri", "rejected metadata_conflict", "keys at a host for which the document's host does not speak",
			confidential.with("jwks_uri", other+"/jwks.json").String(), served(other+"/jwks.json", keys(acmeNext.jwk())), row("K28"), class("KEY_INJECTION")),
		v("size_5120", "verified", "the largest document: 5,120 bytes", sized(5120), row("U22")),
		bad("size_5121", "one byte over the largest document, otherwise good", sized(5121), row("U22"), class("SIZE")),
		v("client_id_other", "rejected client_id_mismatch", "the document is another client's", d.with("client_id", other+"/mcp/client.json").String(), row("U17")),
		v("client_id_encoded", "rejected client_id_mismatch", "client_id is equal only after decoding", d.with("client_id", acme+"/mcp/%63lient.json").String(), row("U17")),
		v("client_id_upper_host", "rejected client_id_mismatch", "client_id is equal only after folding", d.with("client_id", "https://ACME.example/mcp/client.json").String(), row("U17")),
		bad("client_id_missing", "no client_id", d.without("client_id").String(), row("U27")),
		bad("client_name_missing", "no client_name", d.without("client_name").String(), row("U27")),
		bad("redirect_uris_missing", "no redirect_uris", d.without("redirect_uris").String(), row("U27")),
		bad("redirect_uris_string", "redirect_uris is a string", d.with("redirect_uris", acme+"/callback").String(), row("U27"), class("TYPE")),
		bad("client_name_null", "client_name is null", d.with("client_name", nil).String(), row("U27"), class("TYPE")),
		bad("grant_types_nested", "grant_types holds an array", d.with("grant_types", list{list{}}).String(), row("U27"), class("TYPE")),
		bad("page", "a page, as a server that answers every path sends", "<!doctype html><title>Acme</title>", row("U21"), class("JSON")),
		bad("byte_order_mark", "a byte order mark before the object", "\ufeff"+d.String(), row("U21"), class("JSON")),
		bad("comment", "a comment in the object", strings.Replace(d.String(), "{", "{// Acme\n", 1), row("U21"), class("JSON")),
		bad("callback", "a script that calls a function with the object", "cb("+d.String()+")", row("U21"), class("JSON")),
		bad("array", "an array of one document", "["+d.String()+"]", class("JSON")),
		bad("duplicate_redirect_uris", "redirect_uris twice", d.and("redirect_uris", list{"https://evil.example/cb"}).String(), row("J25"), class("JSON")),
		bad("duplicate_escaped", "redirect_uris twice, the second with an escape", strings.TrimSuffix(d.String(), "}")+`,"redirect_\u0075ris":["https://evil.example/cb"]}`, row("J25"), class("JSON")),
		bad("invalid_utf8", "the byte FF in a string", strings.Replace(d.String(), "Acme Agent", "Acme \xff", 1), class("JSON")),
		bad("empty", "nothing at all", "", class("JSON")),
		v("client_secret", secret, "a secret in a public file", d.with("client_secret", "hunter2").String(), row("U24"), class("SECRET")),
		v("client_secret_expires_at", secret, "the member that goes with a secret", d.with("client_secret_expires_at", 0).String(), row("U24"), class("SECRET")),
		v("jwks_private", secret, "a private key in a public file", confidential.with("jwks", keys(acmeNext.jwk().with("d", b64url(acmeNext.seed)))).String(), row("U24"), class("SECRET")),
		v("jwks_exposed_before", "rejected key_exposed", "the private part of the client's key was seen somewhere", confidential.with("jwks", keys(acmeNext.jwk())).String(),
			header("exposed", acmeNext.thumbprint()+" 2026-01-02T00:00:00Z"), finding("possession failed key_exposed"), row("K5"), class("SECRET")),
		byURI("exposed_before", "rejected key_exposed", "the private part of one of the client's keys was seen somewhere", "possession failed key_exposed",
			served(keysURL, keys(acmeKey.jwk(), acmeNext.jwk())), header("exposed", acmeNext.thumbprint()+" 2026-01-02T00:00:00Z"), row("K5"), class("SECRET")),
		v("jwks_symmetric", secret, "a symmetric key in a public file", confidential.with("jwks", keys(object{{"kty", "oct"}, {"k", "AAAA"}})).String(), row("U26"), class("SECRET")),
		v("auth_method_basic", "rejected auth_method_forbidden", "a method with a shared secret", d.with("token_endpoint_auth_method", "client_secret_basic").String(), row("U24")),
		v("auth_method_post", "rejected auth_method_forbidden", "a method with a shared secret", d.with("token_endpoint_auth_method", "client_secret_post").String(), row("U24")),
		v("auth_method_secret_jwt", "rejected auth_method_forbidden", "a method with a shared secret", d.with("token_endpoint_auth_method", "client_secret_jwt").String(), row("U24")),
		v("jwks_and_jwks_uri", "rejected metadata_conflict", "jwks and jwks_uri exclude each other",
			confidential.with("jwks", keys(acmeNext.jwk())).with("jwks_uri", acme+"/jwks.json").String(), row("U26")),
		v("redirect_script", "rejected redirect_uri_malformed", "a script as redirect URI", d.with("redirect_uris", list{"javascript:alert(1)"}).String(), row("R1")),
		v("name_bidi", "rejected name_unprintable", "a name that turns the direction of text", d.with("client_name", "Acme \u202etnegA").String(), row("R17"), class("DISPLAY")),
		down("status_410", "rejected document_withdrawn", "410: the publisher withdrew it", "410", row("U18")),
		down("status_404", unavailable, "404, seen once: not withdrawn yet", "404", row("U18")),
		down("status_302", unavailable, "a redirect, which is not followed", "302", row("U18")),
		down("status_403", unavailable, "403, as a bot challenge gives", "403", row("U18")),
		down("status_500", unavailable, "a server's failure", "500", row("U18")),
		down("timeout", unavailable, "no answer", "timeout", row("U18")),
		down("address_refused", "rejected address_refused", "the host has an address that is never fetched from", "refused", row("U12"), class("SSRF")),
	}, statementInDocumentVectors(v)...)
}

// many returns so many keys, each under a kid of its own.
func many(n int) list {
	var keys list
	for i := range n {
		keys = append(keys, acmeNext.named(fmt.Sprintf("2026-%d", i)).jwk())
	}
	return keys
}

// issuedBefore has memory hold that the document had a statement of a publisher with this iat.
func issuedBefore(publisher, iat string) option {
	return header("issued", clientDocument+" "+publisher+" "+iat)
}

func statementInDocumentVectors(v func(id, expect, comment, body string, opts ...option) vector) []vector {
	d := baseDocument()
	s := base().claim("client_id", clientDocument)
	in := func(st statement) string { return d.with("software_statement", st.String()).String() }
	source := []option{zoneOf(acmeKey), dns("secure")}
	w := func(id, expect, comment string, st statement, opts ...option) vector {
		return v("statement_"+id, expect, comment, in(st), append(opts, source...)...)
	}
	fill := func(n int) statement {
		for i := 0; ; i++ {
			if t := s.claim("x_fill", strings.Repeat("a", n*3/4-500+i)); len(t.String()) >= n {
				return t
			}
		}
	}
	forged := s
	forged.key = otherKey
	ofOther := s.claim("iss", other).claim("redirect_uris", list{other + "/callback"})
	ofOther.key = otherKey
	return []vector{
		w("good", "verified", "a statement of the document's publisher", s, finding("metadata_document passed"), finding("statement_signature passed")),
		w("forged", "rejected signature_invalid", "a forged statement is refused, not ignored", forged),
		w("client_id_other", "rejected client_id_mismatch", "a statement for another document", s.claim("client_id", acme+"/mcp/other.json")),
		w("client_id_missing", "rejected claim_missing", "a statement in a document must state its client_id", s.unclaim("client_id")),
		v("statement_key_unstated", "verified", "the document has a key for the client that the statement does not state: it counts at the document's tier",
			d.with("token_endpoint_auth_method", "private_key_jwt").with("jwks", object{{"keys", list{acmeNext.jwk()}}}).with("software_statement", s.String()).String(),
			append(source, finding("statement_signature passed"), finding("coverage failed member_not_stated"))...),
		v("statement_of_another_host", "verified", "a statement for this document by a publisher that does not speak for its host: verified, at most tier domain",
			d.with("redirect_uris", list{other + "/callback"}).with("software_statement", ofOther.String()).String(),
			zone(record("other.example", otherKey.record())), dns("secure"), finding("statement_signature passed"),
			finding("coverage failed redirect_uri_foreign"), row("J53")),
		w("instance", "rejected instance_statement_in_document", "a statement for one install", s.claim("cnf", object{{"jkt", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}})),
		w("size_3072", "verified", "the largest statement in a document: 3,072 bytes", fill(3072)),
		w("size_3073", "rejected statement_too_large", "one byte over the largest statement in a document", fill(3073), class("SIZE")),
		w("expired", "rejected statement_expired", "an expired release statement is no statement: the verdict says so, the decision goes on without it", s.claim("exp", instant-3600), class("TIME")),
		w("rollback", "rejected statement_rollback", "the document held a newer statement", s, issuedBefore(acme, "2026-01-01T00:00:01Z"),
			finding("metadata_document failed statement_rollback"), row("O13"), class("TIME")),
		w("same_iat", "verified", "the document held a statement of the same second", s, issuedBefore(acme, "2026-01-01T00:00:00Z"), row("O13"), class("TIME")),
		w("newer", "verified", "the document held an older statement", s, issuedBefore(acme, "2025-12-31T23:59:59Z"), row("O13"), class("TIME")),
		w("newer_of_another", "verified", "the document held a newer statement of another publisher", s, issuedBefore(other, "2026-01-10T00:00:00Z"), row("O13"), class("TIME")),
		newVector("statement", "document/statement_old_copy", "verified", "the document held a newer statement, and this is of no document: a copy that was shipped",
			append(source, issuedBefore(acme, "2026-01-10T00:00:00Z"), text("statement.jws", base().String()))...),
		v("not_a_string", "rejected statement_not_a_string", "software_statement is an object", d.with("software_statement", object{}).String(), row("J60"), class("TYPE")),
	}
}
