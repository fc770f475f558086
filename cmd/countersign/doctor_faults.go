package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

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
	walk := s.publisher.Walk()
	_, complete := s.asked[walk[len(walk)-1].KeyRecordName()]
	if !complete || !s.owner.IsZero() || s.twice != "" {
		return nil
	}
	return []string{s.publisher.KeyRecordName()}
}

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
	kid := s.signingKeyID()
	if s.owner.IsZero() || kid == "" {
		return nil
	}
	at := s.owner.KeyRecordName()
	record, err := s.set.Find(kid)
	switch {
	case err != nil || record.Revoked() && record.KeyID != "":
		return nil // a fault of its own
	case record.KeyID == "":
		return []string{at + " has no record with kid " + kid + ", which signs"}
	case !s.signsWith(record):
		return []string{at + " has another key under kid " + kid + " than the one that signs"}
	}
	return nil
}

// signsWith reports whether the record holds the key that signs, as far as that
// is known.
func (s *sight) signsWith(r metadata.KeyRecord) bool {
	key, err := jose.FromRecord(r)
	if err != nil {
		return true // not known
	}
	if signed, ok := s.statement(); ok {
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
		wrong := listed.ID() == s.signingKeyID() && !s.signsWith(record) // said already
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

// statement returns the statement in the metadata document.
func (s *sight) statement() (jose.Compact, bool) {
	text := s.verdict.Claimed().SoftwareStatement
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
			return recordForms(attest.DNSRecord{Publisher: s.publisher, Key: record})
		}
	}
	return "as countersign init " + s.publisher.Domain() + " --dir " + s.dir() + " prints it"
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
	return "remove the record at " + about + " and add it again with this name in the form:\n" + r.FormName()
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
	domain, dir, next := s.publisher.Domain(), s.dir(), s.nextKeyID()
	return "a revoked key does not come back: sign with another.\n" +
		"countersign init " + domain + " --dir " + dir + " --kid " + next + "    # and add the record that it prints\n" +
		"countersign publish --dir " + dir + " --kid " + next + "    # and upload " + filepath.Join(dir, siteDir) + "\n" +
		"leave the empty record of " + kid + " where it is"
}

// nextKeyID returns a kid that the publisher has not used, as far as is seen.
func (s *sight) nextKeyID() string {
	used := append(keyIDs(s.local.keys), keyIDs(s.listed)...)
	for _, k := range s.set.Keys {
		used = append(used, k.KeyID)
	}
	year := strconv.Itoa(time.Now().UTC().Year())
	for letter := 'a'; letter <= 'z'; letter++ {
		if kid := year + string(letter); !slices.Contains(used, kid) {
			return kid
		}
	}
	return "NEW"
}

func (s *sight) mendWrongKey(string) string {
	kid := s.signingKeyID()
	text := "this is the record of the key that signs:\n" + s.record(kid)
	if record, err := s.set.Find(kid); err == nil && record.KeyID != "" {
		return fmt.Sprintf("remove the record %q;\n", record.String()) + text
	}
	return "add it; " + text
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

func (s *sight) mendDocument(url string) string {
	if s.target.dir == "" {
		return "upload what countersign publish wrote to DIR/site, so that it is served at exactly this address as application/json"
	}
	return "countersign publish --dir " + s.dir() + "\n" +
		"upload " + s.localFile(url) + ", so that it is served at\n" + url + "\nwith status 200 as application/json, and nothing is redirected"
}

func (s *sight) mendClientID(string) string {
	text := fmt.Sprintf("\"client_id\" must be %q", s.target.id)
	if s.target.dir == "" {
		return text + "\nin DIR/client.json; then countersign publish --dir DIR, and upload DIR/site"
	}
	return text + ": it is so in " + filepath.Join(s.dir(), clientFile) + "\ncountersign publish --dir " + s.dir() + "\nupload " + s.localFile(s.target.id.String()) + " again"
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
