package main

import "strings"

const acmeName = "_client-key.acme.example"

// dnsVectors: what the publisher's zone says about the key, how strongly.
func dnsVectors() []vector {
	return append(append(strengthVectors(), walkVectors()...), lifeVectors()...)
}

func strengthVectors() []vector {
	s := base().String()
	document := served(wellknown, publisherDocument(acmeKey.jwk()))
	malformedRecord := record("acme.example", strings.Replace(acmeKey.record(), "kid=2026a", "kid=2026a; kid=2026a", 1))
	return []vector{
		stated("dns/secure", "verified", "a record in a secure answer", s, zoneOf(acmeKey), dns("secure"),
			finding("dns_key passed"), finding("dns_strength passed"), finding("wellknown_key failed wellknown_missing")),
		stated("dns/corroborated_by_operators", "verified", "resolvers of two operators agree", s, zoneOf(acmeKey), dns("corroborated"),
			finding("dns_key passed"), finding("dns_strength passed")),
		stated("dns/corroborated_by_document", "verified", "an insecure answer, and the publisher document has the same key under the same kid",
			s, zoneOf(acmeKey), document, finding("dns_key passed"), finding("dns_strength passed"), finding("wellknown_key passed")),
		stated("dns/roots_unreadable", "inconclusive roots_unavailable", "the trust roots cannot be read: what they would say is not passed over",
			s, zoneOf(acmeKey), dns("secure"), header("fault", "roots_unreadable")),
		stated("dns/uncorroborated", "verified", "an insecure answer that nothing corroborates: verified, at most tier domain",
			s, zoneOf(acmeKey), finding("dns_key passed"), finding("dns_strength failed dns_uncorroborated"),
			finding("wellknown_key failed wellknown_missing")),
		stated("dns/document_only", "verified", "no record: the publisher document speaks for its host", s, document,
			finding("dns_key failed domain_record_missing"), finding("wellknown_key passed")),
		stated("dns/malformed_and_document", "verified", "the only record is malformed, so DNS is not authoritative", s, zone(malformedRecord), dns("secure"), document,
			finding("dns_key failed domain_record_malformed"), finding("wellknown_key passed"), row("D4")),
		stated("dns/two_records_one_kid", "verified", "two records with one kid make that key malformed; the document has it",
			s, zone(record("acme.example", acmeKey.record()), record("acme.example", otherKey.record())), dns("secure"), document,
			finding("dns_key failed domain_record_malformed"), finding("wellknown_key passed"), row("D4")),
		stated("dns/wildcard", "verified", "a set made from a wildcard does not count; the document has the key",
			s, zoneOf(acmeKey), dns("wildcard"), document,
			finding("dns_key failed domain_record_wildcard"), finding("wellknown_key passed")),
		stated("dns/key_not_in_dns", "verified", "DNS has another key and is authoritative: the document's key signs, and earns at most tier domain",
			base().by(acmeNext).String(), zoneOf(acmeKey), dns("secure"), served(wellknown, publisherDocument(acmeKey.jwk(), acmeNext.jwk())),
			finding("dns_key failed key_not_in_dns"), finding("wellknown_key failed key_not_in_dns")),
		stated("dns/keys_disagree", "rejected keys_disagree", "DNS and document have different keys under one kid: neither verifies",
			s, zoneOf(acmeKey), dns("secure"), served(wellknown, publisherDocument(otherKey.jwk())), row("D41"), class("KEY_CONFUSION")),
		stated("dns/keys_disagree_insecure", "inconclusive dns_unavailable", "the same disagreement, but the answer is insecure and uncorroborated",
			s, zoneOf(acmeKey), served(wellknown, publisherDocument(otherKey.jwk())), row("D41")),
		stated("dns/unavailable", "inconclusive dns_unavailable", "DNS does not answer, and there is no document", s, dns("unavailable"), row("D7"),
			finding("dns_key unavailable dns_unavailable")),
		stated("dns/unavailable_with_document", "verified", "DNS does not answer: judged by the document, which does, and never at tier signed",
			s, dns("unavailable"), document, row("D8"), finding("dns_key unavailable dns_unavailable"), finding("wellknown_key unavailable dns_unavailable")),
		stated("dns/bogus", "inconclusive dns_bogus", "the answer fails validation: it never falls back to insecure", s, zoneOf(acmeKey), dns("bogus"), row("D18")),
		stated("dns/both_silent", "inconclusive keys_unavailable", "neither DNS nor the document answers", s, dns("unavailable"),
			header("http", wellknown+" timeout"), row("D7")),
		stated("dns/nothing_anywhere", "rejected publisher_unknown", "no record and no document", s, row("O7")),
		stated("dns/special_use_refused", "rejected publisher_unknown", "a special-use name is never looked up, unless loopback is allowed",
			s, zoneOf(acmeKey), dns("secure"), header("special_use", "refused")),
		stated("dns/kid_unknown", "rejected key_unknown", "a record, and not of this kid", base().by(acmeNext).String(), zoneOf(acmeKey), dns("secure")),
		stated("dns/pinned_not_looked_up", "verified", "a pinned publisher is not looked up: its revoked record is not seen",
			s, zone(record("acme.example", "v=ck1; kid=2026a; k=ed25519; p=")), dns("secure"), pinned(),
			finding("pinned_key passed"), finding("dns_key skipped"), finding("wellknown_key skipped"), finding("dns_strength skipped")),
		stated("dns/pinned_kid_unknown", "rejected key_unknown", "a pin means these keys and no others: DNS has the kid, and nobody asks",
			base().by(acmeNext).String(), zoneOf(acmeNext), dns("secure"), pinned()),
	}
}

func walkVectors() []vector {
	s := base()
	parts := acmeKey.record()
	agent := s.claim("iss", "https://agent.acme.example").claim("redirect_uris", list{"https://agent.acme.example/callback"}).String()
	return []vector{
		stated("dns/txt_noise", "verified", "records of others at the name are ignored", s.String(), dns("secure"), row("D1"),
			zone(record("acme.example", "v=spf1 -all"), record("acme.example", acmeKey.record()), record("acme.example", "site-verification=abc"))),
		stated("dns/character_strings", "verified", "a record in three character-strings, joined without separator", s.String(), dns("secure"), row("D3"),
			zone(acmeName+`. 300 IN TXT "`+parts[:12]+`" "`+parts[12:40]+`" "`+parts[40:]+`"`)),
		stated("dns/cname", "verified", "the name is an alias; the publisher stays acme.example", s.String(), dns("secure"),
			zone(acmeName+". 300 IN CNAME acme.keys.example.", `acme.keys.example. 300 IN TXT "`+acmeKey.record()+`"`)),
		stated("dns/cname_loop", "inconclusive dns_unavailable", "two aliases that name each other", s.String(), row("D11"),
			zone(acmeName+". 300 IN CNAME acme.keys.example.", "acme.keys.example. 300 IN CNAME "+acmeName+".")),
		stated("dns/p256", "verified", "a P-256 record, its point compressed", s.by(acmeP256).String(), zoneOf(acmeP256), dns("secure"), features("es256")),
		stated("dns/parent_speaks_for_subdomain", "verified", "the parent's record has s=y", agent, dns("secure"),
			zone(record("acme.example", acmeKey.record("s=y"))), finding("dns_key passed"), row("D33")),
		stated("dns/parent_does_not_speak_for_subdomain", "rejected key_unknown", "the parent's record has no s=y: it speaks for its own host", agent, dns("secure"),
			zone(record("acme.example", acmeKey.record())), finding("dns_key failed key_unknown"), row("D33")),
		stated("dns/nearest_decides", "rejected key_revoked", "the nearest name with a record decides: its key is revoked, the parent's is not", agent, dns("secure"),
			zone(record("agent.acme.example", "v=ck1; kid=2026a; k=ed25519; p="), record("acme.example", acmeKey.record("s=y")))),
		stated("dns/child_does_not_speak_for_parent", "rejected publisher_unknown", "a record below the publisher is nobody's", s.String(), dns("secure"),
			zone(record("agent.acme.example", acmeKey.record("s=y"))), row("D33")),
		stated("dns/public_suffix", "rejected publisher_unknown", "a record at a public suffix, with s=y, speaks for nobody below it",
			s.claim("iss", "https://acme.co.uk").claim("redirect_uris", list{"https://acme.co.uk/callback"}).String(), dns("secure"),
			zone(record("co.uk", acmeKey.record("s=y"))), row("D31")),
		stated("dns/private_suffix", "rejected publisher_unknown", "a record at a private suffix speaks for no tenant",
			s.claim("iss", "https://acme.github.io").claim("redirect_uris", list{"https://acme.github.io/callback"}).String(), dns("secure"),
			zone(record("github.io", acmeKey.record("s=y"))), row("D31")),
	}
}

func lifeVectors() []vector {
	s := base().String()
	one := func(tags ...string) option { return zone(record("acme.example", acmeKey.record(tags...))) }
	revoked := zone(record("acme.example", "v=ck1; kid=2026a; k=ed25519; p="))
	lookup := text("roots.json", object{{"publishers", object{{acme, pin(nil, acmeKey.jwk()).and("and_lookup", true)}}}}.String())
	return []vector{
		stated("dns/revoked", "rejected key_revoked", "an empty p revokes", s, revoked, dns("secure")),
		stated("dns/revoked_corroborated", "rejected key_revoked", "an empty p, seen alike by two operators", s, revoked, dns("corroborated")),
		stated("dns/revoked_beats_document", "rejected key_revoked", "the document still has the key: revoked anywhere is revoked everywhere",
			s, revoked, dns("secure"), served(wellknown, publisherDocument(acmeKey.jwk()))),
		stated("dns/revoked_beats_pin", "rejected key_revoked", "a pin with and_lookup: dead beats pins", s, revoked, dns("secure"), lookup),
		stated("dns/pin_with_lookup", "verified", "a pin with and_lookup, and the record agrees", s, zoneOf(acmeKey), dns("secure"), lookup,
			finding("pinned_key passed"), finding("dns_key passed")),
		stated("dns/x_past", "rejected key_not_valid_then", "x has passed by the verifier's clock, though not when the statement was issued",
			s, one("x=1767398400"), dns("secure"), class("TIME")),
		stated("dns/x_now", "rejected key_not_valid_then", "x is this second: from then on the key verifies nothing", s, one("x=1768478400"), dns("secure"), class("TIME")),
		stated("dns/x_in_a_second", "verified", "x is a second ahead", s, one("x=1768478401"), dns("secure"), class("TIME")),
		stated("dns/x_ahead", "verified", "x is ahead", s, one("x=1769904000"), dns("secure"), class("TIME")),
		stated("dns/n_after_iat", "rejected key_not_valid_then", "n is after the statement's iat", s, one("n=1767225601"), dns("secure"), class("TIME")),
		stated("dns/n_equals_iat", "verified", "n is the statement's iat", s, one("n=1767225600"), dns("secure"), class("TIME")),
		stated("dns/u_instance", "rejected key_unusable", "u=i: the key signs instance statements only", s, one("u=i"), dns("secure"), class("KEY_PURPOSE")),
		stated("dns/t_test_mode", "verified", "t=y: verified and reported; the decision is the one without the statement", s, one("t=y"), dns("secure")),
		stated("dns/key_line_new", "verified", "a new key without overlap with the old one: at most tier domain for 72 hours", s, zoneOf(acmeKey), dns("secure"),
			header("seen", "2025z 2025-06-01T00:00:00Z 2026-01-14T00:00:00Z"), finding("key_line failed key_line_new")),
		stated("dns/key_line_overlap", "verified", "a new key that was seen beside the old one for two days", s, zoneOf(acmeKey), dns("secure"),
			header("seen", "2025z 2025-06-01T00:00:00Z 2026-01-12T00:00:00Z"), header("seen", "2026a 2026-01-10T00:00:00Z 2026-01-15T11:00:00Z"),
			finding("key_line passed")),
	}
}
