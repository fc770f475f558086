package main

// wellknownVectors: the publisher document proves its host, may list the clients
// and revoke statements, and never a private key may be in it.
func wellknownVectors() []vector {
	s := base().String()
	doc := publisherDocument(acmeKey.jwk())
	clients := func(cs ...any) object { return doc.with("clients", append(list{}, cs...)) }
	v := func(id, expect, comment string, body string, opts ...option) vector {
		return stated("wellknown/"+id, expect, comment, s, append([]option{text(wellknown, body)}, opts...)...)
	}
	remembered := func(id, expect, comment string, opts ...option) vector {
		return stated("wellknown/"+id, expect, comment, s, append(opts, row("K5"), class("SECRET"))...)
	}
	const missing = "wellknown_key failed wellknown_mismatch"
	listed := object{{"software_id", "acme-agent"}}
	return []vector{
		v("listed", "verified", "clients names this software", clients(listed).String()),
		v("not_listed", "rejected software_not_listed", "clients is complete, and does not name this software",
			clients(object{{"software_id", "another"}}).String()),
		v("listed_empty", "rejected software_not_listed", "clients is present and empty", clients().String()),
		v("not_before_later", "rejected statement_revoked", "the statement is older than not_before", clients(listed.with("not_before", issued+1)).String(), class("TIME")),
		v("not_before_equal", "verified", "the statement is as old as not_before", clients(listed.with("not_before", issued)).String(), class("TIME")),
		v("revoked", "rejected statement_revoked", "revoked names the statement's jti", doc.with("revoked", list{"acme-agent-1"}).String()),
		v("revoked_other", "verified", "revoked names another statement", doc.with("revoked", list{"acme-agent-2"}).String()),
		v("other_publisher", "verified", "the document names another publisher; DNS has the key", doc.with("publisher", other).String(),
			zoneOf(acmeKey), dns("secure"), finding(missing)),
		v("not_json", "verified", "the document is a page; DNS has the key", "<!doctype html><title>Acme</title>", zoneOf(acmeKey), dns("secure"),
			finding(missing), row("U21")),
		v("catch_all", "rejected publisher_unknown", "a page for every address, and no record: a page is no document", "<!doctype html><title>Acme</title>", row("D42")),
		v("duplicate_name", "verified", "a duplicate name in the document; DNS has the key", doc.and("publisher", acme).String(), zoneOf(acmeKey), dns("secure"), finding(missing)),
		v("private_key", "rejected key_exposed", "the document holds the private part of the key", publisherDocument(acmeKey.jwk().with("d", b64url(acmeKey.seed))).String(),
			row("K5"), class("SECRET")),
		v("private_key_in_document_only", "rejected key_exposed", "DNS has the public key, the document its private part", publisherDocument(acmeKey.jwk().with("d", b64url(acmeKey.seed))).String(),
			zoneOf(acmeKey), dns("secure"), row("K5"), class("SECRET")),
		v("private_key_of_another_kid", "rejected key_exposed", "the private part stands under another kid: a key is its thumbprint",
			publisherDocument(acmeKey.jwk(), acmeKey.named("backup").jwk().with("d", b64url(acmeKey.seed))).String(), row("K5"), class("SECRET")),
		remembered("exposed_before", "rejected key_exposed", "the private part was seen once, and is not there any more", header("exposed", acmeKey.thumbprint()+" 2026-01-02T00:00:00Z"),
			zoneOf(acmeKey), dns("secure"), finding("dns_key passed"), finding("key_line failed key_exposed")),
		remembered("exposed_before_pinned", "rejected key_exposed", "a pin does not bring back a key whose private part was seen", header("exposed", acmeKey.thumbprint()+" 2026-01-02T00:00:00Z"),
			pinned(), finding("pinned_key passed"), finding("key_line failed key_exposed")),
		remembered("exposed_before_another", "verified", "the private part of another key under the same kid was seen", header("exposed", otherKey.thumbprint()+" 2026-01-02T00:00:00Z"),
			zoneOf(acmeKey), dns("secure")),
		stated("wellknown/timeout_without_dns", "inconclusive document_unavailable", "no record, and the document cannot be read", s,
			header("http", wellknown+" timeout"), row("K1")),
		stated("wellknown/status_500_without_dns", "inconclusive document_unavailable", "no record, and the document's server fails", s,
			header("http", wellknown+" 500")),
		stated("wellknown/timeout_with_dns", "verified", "the document cannot be read; DNS has the key", s, zoneOf(acmeKey), dns("secure"),
			header("http", wellknown+" timeout")),
		stated("wellknown/kid_unknown", "rejected key_unknown", "a document, and not of this kid", base().by(acmeNext).String(), served(wellknown, doc)),
		stated("wellknown/does_not_speak_for_subdomain", "rejected publisher_unknown", "a document proves its own host only",
			base().claim("iss", "https://agent.acme.example").claim("redirect_uris", list{"https://agent.acme.example/callback"}).String(), served(wellknown, doc), row("D33")),
	}
}
