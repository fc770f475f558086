package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

// misspelt reports whether a text was meant as a key record, and begins with
// quotation marks or characters that are not ASCII.
func misspelt(text string) bool {
	bare := strings.TrimLeftFunc(text, func(r rune) bool { return r == '"' || notASCII(r) })
	return bare != text && metadata.IsKeyRecord(bare)
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }

// notASCIITexts returns the publisher's own records with such characters.
func (s *sight) notASCIITexts() []string {
	texts := slices.Clone(s.quoted)
	for _, m := range s.set.Malformed {
		texts = append(texts, m.Text)
	}
	return slices.DeleteFunc(texts, func(text string) bool { return !strings.ContainsFunc(text, notASCII) })
}

func (s *sight) recordNotASCII() []string {
	var texts []string
	for _, text := range s.notASCIITexts() {
		texts = append(texts, fmt.Sprintf("%.100q", text))
	}
	return texts
}

func (s *sight) mendNotASCII(about string) string {
	for _, text := range s.notASCIITexts() {
		if fmt.Sprintf("%.100q", text) == about {
			return s.remove(text) + "and add in its place, with no quotation marks:\n" + s.record(s.signingKeyID())
		}
	}
	return ""
}

func (s *sight) recordApex() []string {
	if !s.apex {
		return nil
	}
	return []string{s.publisher.Domain()}
}

// testMode finds keys that sign and are in test mode.
func (s *sight) testMode() []string {
	var kids []string
	for _, kid := range s.signingKeyIDs() {
		if record, err := s.set.Find(kid); err == nil && record.Test && !record.Revoked() && s.wrongKeyUnder(kid) == "" {
			kids = append(kids, kid)
		}
	}
	return kids
}

func (s *sight) mendTestMode(kid string) string {
	record, _ := s.set.Find(kid)
	text := s.remove(s.textOf(record))
	record.Test = false
	return text + "and add in its place, without t=y:\n" + recordForms(attest.DNSRecord{Publisher: s.owner, Key: record}, s.cut.zone)
}

func (s *sight) domainTwice() []string {
	if s.twice == "" {
		return nil
	}
	return []string{s.twice}
}

func (s *sight) recordMissing() []string {
	if !s.absent || s.twice != "" || s.apex || len(s.quoted) > 0 || s.elsewhere != "" || len(s.aliasAstray()) > 0 {
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
	bad := slices.DeleteFunc(slices.Clone(s.set.Malformed), func(m metadata.MalformedRecord) bool {
		return slices.Contains(twice, m.KeyID) || strings.ContainsFunc(m.Text, notASCII) || cutShort(m.Text)
	})
	return bad
}

// cutShort reports whether of a key record no more is there than its first tag.
func cutShort(text string) bool {
	first, rest, _ := strings.Cut(text, ";")
	return strings.Join(strings.Fields(first), "") == "v=ck1" && strings.TrimSpace(rest) == ""
}

// recordCut finds records of which a form, or a zone file, kept no more than
// what is before the first semicolon.
func (s *sight) recordCut() []string {
	var texts []string
	for _, m := range s.set.Malformed {
		if cutShort(m.Text) {
			texts = append(texts, fmt.Sprintf("%.100q", m.Text))
		}
	}
	return texts
}

func (s *sight) mendCut(about string) string {
	for _, m := range s.set.Malformed {
		if fmt.Sprintf("%.100q", m.Text) == about {
			return s.remove(m.Text) + "and add in its place:\n" + s.record(s.signingKeyID()) +
				"\nif it is cut again, the form takes a semicolon for the start of a comment: put the text in quotation marks there"
		}
	}
	return ""
}

// quotedTexts returns the publisher's own records with quotation marks around
// them that are ASCII. Others are of a word processor.
func (s *sight) quotedTexts() []string {
	return slices.DeleteFunc(slices.Clone(s.quoted), func(text string) bool { return strings.ContainsFunc(text, notASCII) })
}

func (s *sight) recordQuoted() []string {
	var texts []string
	for _, text := range s.quotedTexts() {
		texts = append(texts, fmt.Sprintf("%.100q", text))
	}
	return texts
}

func (s *sight) mendQuoted(about string) string {
	for _, text := range s.quotedTexts() {
		if fmt.Sprintf("%.100q", text) == about {
			return s.remove(text) + "and add in its place, with no quotation marks:\n" + s.record(s.signingKeyID())
		}
	}
	return ""
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
	if len(s.aliasAstray()) > 0 {
		return nil
	}
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
	at := s.recordsAt()
	record, err := s.set.Find(kid)
	unread := func(m metadata.MalformedRecord) bool { return m.KeyID == "" }
	switch {
	case err != nil || record.Revoked() && record.KeyID != "" || slices.ContainsFunc(s.set.Malformed, unread):
		return ""
	case record.KeyID == "" && slices.Contains(s.recordReplaced(), kid):
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

func (s *sight) mendTwice(about string) string {
	r := attest.DNSRecord{Publisher: s.publisher}
	return "remove the record at " + about + " and add it again with this name in the form for " + s.cut.zone + ":\n" + r.FormName(s.cut.zone)
}

// recordReplaced finds that the record of the key which signed what is served is
// gone, and that a key is there which the publisher document does not have yet:
// a new one, that is, and not one that was there all the time.
func (s *sight) recordReplaced() []string {
	served, err := jose.Parse(s.verdict.Claimed().SoftwareStatement)
	if err != nil || s.owner != s.publisher || s.alias != "" || len(s.set.Malformed) > 0 {
		return nil
	}
	kid := served.Header.KeyID
	if record, err := s.set.Find(kid); err != nil || record.KeyID != "" {
		return nil
	}
	own, known := s.knownKey(kid)
	replaces := func(r metadata.KeyRecord) bool {
		key, err := jose.FromRecord(r)
		return err == nil && known && key.Thumbprint() != own.Thumbprint() && !slices.Contains(keyIDs(s.listed), r.KeyID)
	}
	if !slices.ContainsFunc(s.set.Keys, replaces) {
		return nil
	}
	return []string{kid}
}

func (s *sight) mendReplaced(kid string) string {
	return "leave the record that is there, and add this one beside it:\n" + s.record(kid)
}

func (s *sight) mendMissingRecord(string) string {
	return "add this TXT record:\n" + s.record(s.signingKeyID()) + "\nthe name servers of " + s.cut.zone + " are " + s.liveNames() + ": if you added it elsewhere,\n" +
		"another zone is live; --name-server HOST looks there, too"
}

func (s *sight) mendKidTwice(kid string) string {
	lines := []string{"remove all but one of these records at " + s.recordsAt() + ":"}
	for _, m := range s.set.Malformed {
		if m.KeyID == kid {
			lines = append(lines, fmt.Sprintf("  %q", m.Text))
		}
	}
	return strings.Join(append(lines, "the one that stays is:", s.record(kid)), "\n")
}

func (s *sight) mendRevoked(kid string) string {
	next := s.nextKeyID()
	return "a revoked key does not come back: sign with another. With a standby the line of keys goes on:\n" +
		"  " + s.line("keys", "stolen", s.publisher.Domain(), kid, "--dir", s.dir()) + "    # says how\n" +
		"without one a new key begins another:\n" +
		s.line("init", s.publisher.Domain(), "--dir", s.dir(), "--kid", next) + "    # and add the record that it prints\n" +
		s.line("publish", "--dir", s.dir(), "--kid", next) + "    # and upload " + filepath.Join(s.dir(), siteDir) + "\n" +
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
		return s.remove(s.textOf(record)) + text
	}
	return "add it; " + text
}

// textOf returns the text of a record as it was published, else as it could be.
func (s *sight) textOf(record metadata.KeyRecord) string {
	for _, text := range s.texts {
		if r, err := metadata.ParseKeyRecord(text); err == nil && r == record {
			return text
		}
	}
	return record.String()
}

// remove says to remove a record of those that speak for the publisher.
func (s *sight) remove(text string) string {
	return fmt.Sprintf("remove this record at %s:\n  %q\n", s.recordsAt(), text)
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
