package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
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
		{"domain_twice", (*sight).domainTwice,
			"the domain is there twice: the key record is at %s",
			"The form at the name server's operator appends the domain by itself.", (*sight).mendTwice},
		{"record_missing", (*sight).recordMissing,
			"nothing there: no key record at %s",
			"The zone's own servers answer, and have no TXT record with v=ck1 there.", (*sight).mendMissingRecord},
		{"wildcard", (*sight).fromWildcard,
			"a wildcard answers for %s",
			"A wildcard answers for names that nobody meant, so verifiers do not count its records.", (*sight).mendWildcard},
		{"record_malformed", (*sight).recordMalformed,
			"the key record is not well formed: %s",
			"Verifiers do not use it, and look for no other key under its kid.", (*sight).mendMalformed},
		{"kid_twice", (*sight).kidTwice,
			"two key records have kid %s",
			"Which of them is meant cannot be known, so verifiers use neither.", (*sight).mendKidTwice},
		{"revoked", (*sight).revoked,
			"the key %s is revoked",
			"Its record is empty (p=). No statement that it signed counts, whatever its date.", (*sight).mendRevoked},
		{"wrong_key", (*sight).wrongKey,
			"wrong key: %s",
			"Verifiers take the key from DNS, and the signature is by another.", (*sight).mendWrongKey},
		{"keys_disagree", (*sight).keysDisagree,
			"DNS and the publisher document have different keys under kid %s",
			"One of the two is not the publisher's word, so verifiers use neither.", (*sight).mendKeysDisagree},
		{"document_missing", (*sight).documentMissing,
			"no document at %s",
			"The web server answers, but not with status 200; redirects are not followed.", (*sight).mendDocument},
		{"document_not_json", (*sight).documentNotJSON,
			"what is at %s is not JSON",
			"Verifiers take one JSON object of media type application/json, and no page.", (*sight).mendDocument},
		{"client_id_differs", (*sight).clientIDDiffers,
			"client_id is not the document's own address: %s",
			"The two are compared character by character: a copy elsewhere proves nothing.", (*sight).mendClientID},
		{"not_uploaded", (*sight).notUploaded,
			"not uploaded: what is at %s is not what was published",
			"Verifiers see what is served, and not what is in the tree.", (*sight).mendUpload},
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

func (s *sight) domainTwice() []string {
	if s.twice == "" {
		return nil
	}
	return []string{s.twice}
}

func (s *sight) recordMissing() []string {
	if !s.absent || s.twice != "" || len(s.quoted) > 0 {
		return nil
	}
	return []string{s.publisher.KeyRecordName()}
}

func (s *sight) fromWildcard() []string {
	if !s.wildcard {
		return nil
	}
	return []string{s.owner.KeyRecordName()}
}

func (s *sight) recordMalformed() []string {
	var faults []string
	for _, m := range s.malformed() {
		faults = append(faults, malformation(m))
	}
	return faults
}

// malformed returns the publisher's own records that cannot be used, those with
// a kid that another has too aside.
func (s *sight) malformed() []metadata.MalformedRecord {
	twice := s.kidTwice()
	bad := slices.DeleteFunc(slices.Clone(s.set.Malformed), func(m metadata.MalformedRecord) bool { return slices.Contains(twice, m.KeyID) })
	for _, text := range s.quoted {
		bad = append(bad, metadata.MalformedRecord{Text: text, Err: errors.New("the form stored the quotation marks, too")})
	}
	return bad
}

func malformation(m metadata.MalformedRecord) string { return fmt.Sprintf("%.100q: %v", m.Text, m.Err) }

func (s *sight) kidTwice() []string {
	count := make(map[string]int)
	var kids []string
	for _, m := range s.set.Malformed {
		if metadata.CheckKeyID(m.KeyID) != nil {
			continue
		}
		if count[m.KeyID]++; count[m.KeyID] == 2 {
			kids = append(kids, m.KeyID)
		}
	}
	return kids
}

func (s *sight) revoked() []string {
	kid := s.signingKeyID()
	if record, err := s.set.Find(kid); err != nil || record.KeyID == "" || !record.Revoked() {
		return nil
	}
	return []string{kid}
}

func (s *sight) wrongKey() []string {
	var faults []string
	for _, kid := range s.signingKeyIDs() {
		if text := s.wrongKeyUnder(kid); text != "" {
			faults = append(faults, text)
		}
	}
	return faults
}

// wrongKeyUnder says what is wrong with the record of a key that signs, empty
// where nothing is, or where that is a fault of its own.
func (s *sight) wrongKeyUnder(kid string) string {
	if s.owner.IsZero() {
		return ""
	}
	at := s.owner.KeyRecordName()
	record, err := s.set.Find(kid)
	unread := func(m metadata.MalformedRecord) bool { return m.KeyID == "" }
	switch {
	case err != nil || record.Revoked() && record.KeyID != "" || slices.ContainsFunc(s.set.Malformed, unread):
		return ""
	case record.KeyID == "":
		return at + " has no record with kid " + kid + ", which signs"
	case !s.signsWith(record):
		return at + " has another key under kid " + kid + " than the one that signs"
	}
	return ""
}

// signsWith reports whether the record holds the key that signs, as far as that
// is known.
func (s *sight) signsWith(r metadata.KeyRecord) bool {
	key, err := jose.FromRecord(r)
	if err != nil {
		return true // not known
	}
	if signed, ok := s.statement(); ok && signed.Header.KeyID == r.KeyID {
		return signed.Verify(key) == nil
	}
	own, ok := s.knownKey(r.KeyID)
	return !ok || own.Thumbprint() == key.Thumbprint()
}

func (s *sight) keysDisagree() []string {
	var kids []string
	for _, raw := range s.listed.Keys {
		listed, err := jose.ParseJWK(raw)
		if err != nil {
			continue
		}
		record, err := s.set.Find(listed.ID())
		if err != nil || record.KeyID == "" || record.Revoked() {
			continue
		}
		key, err := jose.FromRecord(record)
		wrong := slices.Contains(s.signingKeyIDs(), listed.ID()) && !s.signsWith(record) // said already
		if err == nil && key.Thumbprint() != listed.Thumbprint() && !wrong {
			kids = append(kids, listed.ID())
		}
	}
	return kids
}

// documentMissing finds missing documents. Where DNS alone is proof enough, the
// publisher document may be absent.
func (s *sight) documentMissing() []string {
	var urls []string
	if _, missing, _ := s.keys.failure(); missing && !s.verdict.Passed(verify.CheckDNSStrength) {
		urls = append(urls, s.keys.url)
	}
	if _, missing, _ := s.document.failure(); missing {
		urls = append(urls, s.document.url)
	}
	return urls
}

func (s *sight) documentNotJSON() []string {
	var urls []string
	for _, p := range []page{s.keys, s.document} {
		_, _, unusable := p.failure()
		if !unusable && p.fetchErr == nil {
			_, err := strictjson.ParseObject(p.resource.Body, limits.JSONDepth)
			unusable = err != nil
		}
		if unusable {
			urls = append(urls, p.url)
		}
	}
	return urls
}

func (s *sight) clientIDDiffers() []string {
	var defects metadata.Defects
	if !errors.As(s.document.err, &defects) {
		return nil
	}
	for _, d := range defects {
		if d.Reason == metadata.ReasonClientIDMismatch {
			return []string{d.Detail}
		}
	}
	return nil
}

// notUploaded finds what is served and is not what is in the tree, where no
// other mend says already to upload it.
func (s *sight) notUploaded() []string {
	var urls []string
	for _, served := range []struct {
		page
		local []byte
	}{{s.keys, s.local.keysText}, {s.document, s.local.document}} {
		said := func(d diagnosis) bool { return strings.Contains(d.Mend, s.localFile(served.url)) }
		if served.local != nil && served.fetchErr == nil && !sameJSON(served.local, served.resource.Body) && !slices.ContainsFunc(s.diagnoses, said) {
			urls = append(urls, served.url)
		}
	}
	return urls
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
			return recordForms(attest.DNSRecord{Publisher: s.publisher, Key: record}, cmp.Or(s.zone, registrable(s.publisher)))
		}
	}
	return "as " + command("init", s.publisher.Domain(), "--dir", s.dir()) + " prints it"
}

// dir returns the directory of the publisher, or a word for it.
func (s *sight) dir() string {
	if s.target.dir == "" {
		return "DIR"
	}
	return s.target.dir
}

func (s *sight) mendTwice(about string) string {
	r := attest.DNSRecord{Publisher: s.publisher}
	return "remove the record at " + about + " and add it again with this name in the form for " + s.zone + ":\n" + r.FormName(s.zone)
}

func (s *sight) mendMissingRecord(string) string {
	return "add this TXT record:\n" + s.record(s.signingKeyID())
}

func (s *sight) mendKidTwice(kid string) string {
	lines := []string{"remove all but one of these records at " + s.owner.KeyRecordName() + ":"}
	for _, m := range s.set.Malformed {
		if m.KeyID == kid {
			lines = append(lines, fmt.Sprintf("  %q", m.Text))
		}
	}
	return strings.Join(append(lines, "the one that stays is:", s.record(kid)), "\n")
}

func (s *sight) mendRevoked(kid string) string {
	next := s.nextKeyID()
	return "a revoked key does not come back: sign with another.\n" +
		command("init", s.publisher.Domain(), "--dir", s.dir(), "--kid", next) + "    # and add the record that it prints\n" +
		command("publish", "--dir", s.dir(), "--kid", next) + "    # and upload " + filepath.Join(s.dir(), siteDir) + "\n" +
		"leave the empty record of " + kid + " where it is"
}

// nextKeyID returns a kid that the publisher has not used, as far as is seen.
func (s *sight) nextKeyID() string {
	used := append(keyIDs(s.local.keys), keyIDs(s.listed)...)
	for _, k := range s.set.Keys {
		used = append(used, k.KeyID)
	}
	for _, m := range s.set.Malformed {
		used = append(used, m.KeyID)
	}
	return freeKeyID(used)
}

func (s *sight) mendWrongKey(about string) string {
	kids := s.signingKeyIDs()
	kid := kids[max(0, slices.IndexFunc(kids, func(kid string) bool { return s.wrongKeyUnder(kid) == about }))]
	text := "this is the record of the key that signs:\n" + s.record(kid)
	if record, err := s.set.Find(kid); err == nil && record.KeyID != "" && s.owner == s.publisher {
		return s.remove(record.String()) + text
	}
	return "add it; " + text
}

// remove says to remove a record, which is the publisher's own.
func (s *sight) remove(text string) string {
	return fmt.Sprintf("remove this record at %s:\n  %q\n", s.publisher.KeyRecordName(), text)
}

func (s *sight) mendWildcard(name string) string {
	return "remove the key record from the wildcard that answers, such as *." + s.publisher.Domain() + ",\nand add it at " + name + " itself:\n" + s.record(s.signingKeyID())
}

// mendMalformed replaces a record by the one that was meant: the one with its
// kid, where that is known.
func (s *sight) mendMalformed(about string) string {
	bad := s.malformed()
	m := bad[max(0, slices.IndexFunc(bad, func(m metadata.MalformedRecord) bool { return malformation(m) == about }))]
	kid := m.KeyID
	if _, ok := s.knownKey(kid); !ok {
		kid = s.signingKeyID()
	}
	return s.remove(m.Text) + "and add in its place:\n" + s.record(kid)
}

func (s *sight) mendKeysDisagree(kid string) string {
	text := "upload the publisher document again"
	if s.target.dir != "" {
		text = "upload " + s.localFile(s.keys.url) + " again"
	}
	if record, err := s.set.Find(kid); err == nil {
		if key, err := jose.FromRecord(record); err == nil {
			text += ", with this key under kid " + kid + ":\n" + string(key.JWK())
		}
	}
	return text
}

func (s *sight) mendDocument(url string) string { return s.mendUnserved(url) + s.redirectHint(url) }

func (s *sight) mendUnserved(url string) string {
	if s.target.dir == "" {
		return "upload what countersign publish wrote to DIR/site, so that it is served at exactly this address as application/json"
	}
	return command("publish", "--dir", s.dir()) + "\n" + s.mendUpload(url) + "\nwith status 200 as application/json, and nothing is redirected"
}

// redirectHint is for a site that answers under another name.
func (s *sight) redirectHint(url string) string {
	for _, p := range []page{s.keys, s.document} {
		var failed *verify.FetchError
		if p.url != url || !errors.As(p.fetchErr, &failed) || failed.Status < 300 || failed.Status > 399 {
			continue
		}
		hint := fmt.Sprintf("\nthe server answers status %d: a redirect, which no verifier follows", failed.Status)
		if domain := s.publisher.Domain(); !strings.HasPrefix(domain, "www.") {
			hint += ". If the site is at www." + domain + ", then that is the publisher:\n  " + command("init", "www."+domain, "--dir", "www."+domain)
		}
		return hint
	}
	return ""
}

func (s *sight) mendUpload(url string) string {
	return "upload " + s.localFile(url) + ", so that it is served at\n" + url
}

func (s *sight) mendClientID(string) string {
	text := fmt.Sprintf("\"client_id\" must be %q", s.target.id)
	if s.target.dir == "" {
		return text + "\nin DIR/client.json; then countersign publish --dir DIR, and upload DIR/site"
	}
	return text + ": it is so in " + filepath.Join(s.dir(), clientFile) + "\n" + command("publish", "--dir", s.dir()) + "\nupload " + s.localFile(s.target.id.String()) + " again"
}

func (s *sight) mendRefused(string) string { return mendOf(s.verdict.Reason()) }

// localFile returns where publish writes what is served at a URL.
func (s *sight) localFile(url string) string {
	name, err := siteName(url)
	if err != nil {
		return filepath.Join(s.dir(), siteDir)
	}
	return filepath.Join(s.dir(), siteDir, filepath.FromSlash(name))
}
