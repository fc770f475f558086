package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A fault is one thing that can be wrong with what a publisher publishes.
type fault struct {
	// code is stable: scripts compare it.
	code string

	// find returns what the fault is about, once for each time that it is there.
	find func(*sight) []string

	// line is the first line, with one %s for what the fault is about.
	line string

	// explain says what it means for verifiers.
	explain string

	// mend says what to do, so that doing it is enough.
	mend func(s *sight, about string) string
}

// faults in the order in which they are told: what explains others comes first.
func faults() []fault {
	return []fault{
		{"dns_bogus", (*sight).dnsBogus,
			"DNSSEC of %s is broken",
			"A validating resolver refuses every answer from the zone, and so do verifiers.", (*sight).mendBogus},
		{"servers_disagree", (*sight).serversDisagree,
			"the zone's name servers disagree about %s",
			"Which of them a verifier asks is chance.", (*sight).mendServersDisagree},
		{"zone_not_served", (*sight).zoneNotServed,
			"the name servers that %s is delegated to do not serve it",
			"The registrar names them, and they have no such zone, so nobody can look anything up in it.", (*sight).mendNotServed},
		{"zone_elsewhere", (*sight).zoneElsewhere,
			"another zone is live: %s",
			"Resolvers go where the zone above sends them, and see nothing of a zone elsewhere.", (*sight).mendElsewhere},
		{"domain_twice", (*sight).domainTwice,
			"the domain is there twice: the key record is at %s",
			"The form at the name server's operator appends the domain by itself.", (*sight).mendTwice},
		{"record_apex", (*sight).recordApex,
			"the key record is at the domain itself: %s",
			"The form took an empty name, or @. Verifiers look one label below.", (*sight).mendTwice},
		{"record_missing", (*sight).recordMissing,
			"nothing there: no key record at %s",
			"The zone's own servers answer, and have no TXT record with v=ck1 there.", (*sight).mendMissingRecord},
		{"alias_astray", (*sight).aliasAstray,
			"a CNAME answers: %s",
			"Verifiers follow an alias, and take the key from where it ends.", (*sight).mendAlias},
		{"wildcard", (*sight).fromWildcard,
			"a wildcard answers for %s",
			"A wildcard answers for names that nobody meant, so verifiers do not count its records.", (*sight).mendWildcard},
		{"record_not_ascii", (*sight).recordNotASCII,
			"the key record holds characters that are not ASCII: %s",
			"A word processor or a chat program changed the text on its way to the form.", (*sight).mendNotASCII},
		{"record_quoted", (*sight).recordQuoted,
			"the form stored the quotation marks, too: %s",
			"A key record begins with v=ck1, and this one with a quotation mark.", (*sight).mendQuoted},
		{"record_cut", (*sight).recordCut,
			"the key record is cut at the first semicolon: %s",
			"The form, or the zone file, took the semicolon for the start of a comment.", (*sight).mendCut},
		{"record_malformed", (*sight).recordMalformed,
			"the key record is not well formed: %s",
			"Verifiers do not use it, and look for no other key under its kid.", (*sight).mendMalformed},
		{"kid_twice", (*sight).kidTwice,
			"two key records have kid %s",
			"Which of them is meant cannot be known, so verifiers use neither.", (*sight).mendKidTwice},
		{"revoked", (*sight).revoked,
			"the key %s is revoked",
			"Its record is empty (p=). No statement that it signed counts, whatever its date.", (*sight).mendRevoked},
		{"record_replaced", (*sight).recordReplaced,
			"edited in place instead of added: the record of key %s is gone, and one of another key is there",
			"What the key signed is in use until it ends, and needs the record until then.", (*sight).mendReplaced},
		{"wrong_key", (*sight).wrongKey,
			"wrong key: %s",
			"Verifiers take the key from DNS, and the signature is by another.", (*sight).mendWrongKey},
		{"test_mode", (*sight).testMode,
			"test mode is left on for the key %s",
			"With t=y in its record statements are verified and reported, and change nothing.", (*sight).mendTestMode},
		{"keys_disagree", (*sight).keysDisagree,
			"DNS and the publisher document have different keys under kid %s",
			"One of the two is not the publisher's word, so verifiers use neither.", (*sight).mendKeysDisagree},
		{"dns_uncorroborated", (*sight).dnsUncorroborated,
			"insecure, and seen by one resolver alone: the key record at %s",
			"Without DNSSEC an answer counts where a second resolver, or the publisher document, says the same.", (*sight).mendUncorroborated},
		{"answer_cached", (*sight).answerCached,
			"a resolver still has an old answer about %s",
			"Resolvers keep an answer, also that there is none, for the time that came with it.", (*sight).mendCached},
		{"document_redirected", (*sight).documentRedirected,
			"a redirect at %s",
			"Verifiers follow none: what is elsewhere is another's word.", (*sight).mendRedirect},
		{"document_blocked", (*sight).documentBlocked,
			"the web server turns verifiers away at %s",
			"A verifier is a program: it solves no puzzle, keeps no cookie and logs in nowhere.", (*sight).mendBlocked},
		{"document_missing", (*sight).documentMissing,
			"no document at %s",
			"The web server answers, but not with status 200.", (*sight).mendDocument},
		{"document_html", (*sight).documentHTML,
			"a web page and no document at %s",
			"Often a catch-all route answers for every file that is not there, with status 200.", (*sight).mendHTML},
		{"document_too_large", (*sight).documentTooLarge,
			"too large: %s",
			"Verifiers read no more, and take no part for the whole.", (*sight).mendTooLarge},
		{"document_media_type", (*sight).documentMediaType,
			"not served as application/json: %s",
			"Verifiers take one JSON object of media type application/json, without content encoding.", (*sight).mendMediaType},
		{"document_not_json", (*sight).documentNotJSON,
			"what is at %s is not JSON",
			"Verifiers take one JSON object, and no page.", (*sight).mendDocument},
		{"client_id_differs", (*sight).clientIDDiffers,
			"client_id is not the document's own address: %s",
			"The two are compared character by character: a copy elsewhere proves nothing.", (*sight).mendClientID},
		{"not_uploaded", (*sight).notUploaded,
			"not uploaded: what is at %s is not what was published",
			"Verifiers see what is served, and not what is in the tree.", (*sight).mendUpload},
		{"statement_expires", (*sight).statementExpires,
			"the statement ends within the time asked for: %s",
			"From then on verifiers refuse it, in installed copies as well.", (*sight).mendExpires},
		{"refused", (*sight).refusedOtherwise,
			"verifiers refuse it: %s",
			"No fault with a line of its own explains it.", (*sight).mendRefused},
	}
}

// diagnose finds the faults in what was seen.
func (s *sight) diagnose() {
	for _, f := range faults() {
		for _, about := range f.find(s) {
			s.diagnoses = append(s.diagnoses, diagnosis{f.code, fmt.Sprintf(f.line, about), f.mend(s, about), f.explain})
		}
	}
}

// statementExpires finds a statement that ends within what --expires-within asks.
func (s *sight) statementExpires() []string {
	stated, ok := s.verdict.Statement()
	until := time.Unix(stated.ExpiresAt, 0).UTC()
	if !ok || s.target.within == 0 || until.Sub(s.at) > s.target.within {
		return nil
	}
	return []string{"on " + until.Format(time.DateOnly)}
}

// mendExpires signs again. Publish keeps a statement that holds for long enough
// by its own measure, unless it is forced.
func (s *sight) mendExpires(string) string {
	publish := []string{"publish", "--dir", s.dir()}
	if stated, ok := s.verdict.Statement(); ok && time.Unix(stated.ExpiresAt, 0).Sub(s.at) > limits.ExpiresSoon {
		publish = append(publish, "--force")
	}
	return s.line(publish...) + "\n" + s.mendUpload(s.target.id.String())
}

func (s *sight) refusedOtherwise() []string {
	if len(s.diagnoses) > 0 || len(s.unreached) > 0 || s.verdict.Outcome == verify.Verified {
		return nil
	}
	text := string(s.verdict.Reason())
	for _, f := range s.verdict.Findings {
		if f.Reason == s.verdict.Reason() && f.Detail != "" {
			return []string{text + ": " + f.Detail}
		}
	}
	return []string{text}
}

// statement returns the statement in the metadata document: the one in the tree
// to upload, where there is such a tree, else the one that is served.
func (s *sight) statement() (jose.Compact, bool) {
	text := s.verdict.Claimed().SoftwareStatement
	if d, err := metadata.ParseDocument(s.local.document, s.target.id); err == nil {
		text = d.Client.SoftwareStatement
	}
	if text == "" {
		return jose.Compact{}, false
	}
	c, err := jose.Parse(text)
	return c, err == nil
}

// signingKeyID returns the kid of the statement, else of the key that publish
// would sign with.
func (s *sight) signingKeyID() string {
	if c, ok := s.statement(); ok {
		return c.Header.KeyID
	}
	for _, d := range []metadata.PublisherDocument{s.local.keys, s.listed} {
		if len(d.Keys) > 0 {
			return keyID(d.Keys[0])
		}
	}
	return ""
}

// signingKeyIDs returns the kid of the statement, and that of the key which
// publish would sign with, where it is another.
func (s *sight) signingKeyIDs() []string {
	kids := []string{s.signingKeyID()}
	if len(s.local.keys.Keys) > 0 {
		kids = append(kids, keyID(s.local.keys.Keys[0]))
	}
	return slices.DeleteFunc(slices.Compact(kids), func(kid string) bool { return kid == "" })
}

// knownKey returns the publisher's key with the kid: what publish wrote, else
// what the publisher document has.
func (s *sight) knownKey(kid string) (jose.Key, bool) {
	for _, d := range []metadata.PublisherDocument{s.local.keys, s.listed} {
		for _, raw := range d.Keys {
			if key, err := jose.ParseJWK(raw); err == nil && key.ID() == kid {
				return key, true
			}
		}
	}
	return jose.Key{}, false
}

// record returns the record that should be there for the kid, in its three
// forms.
func (s *sight) record(kid string) string {
	if key, ok := s.knownKey(kid); ok {
		if record, ok := key.Record(); ok {
			return recordForms(attest.DNSRecord{Publisher: s.publisher, Key: record}, cmp.Or(s.cut.zone, s.publisher.RegistrableDomain()))
		}
	}
	return "as " + s.line("init", s.publisher.Domain(), "--dir", s.dir()) + " prints it"
}

// line is a command line that finds the publisher's keys.
func (s *sight) line(words ...string) string {
	return command(append(words, keysBeside(s.target.dir, s.publisher)...)...)
}

// dir returns the directory of the publisher, or a word for it.
func (s *sight) dir() string {
	if s.target.dir == "" {
		return "DIR"
	}
	return s.target.dir
}

func (s *sight) mendRefused(string) string { return mendOf(s.verdict.Reason()) }
