package verify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

const revokedRecord = "v=ck1; kid=2026a; k=ed25519; p="

// Only the publisher ends its key: one insecure answer does not, two sources do.
func TestDeath(t *testing.T) {
	url := vectortest.Acme.PublisherDocumentURL()
	withKey, without := publisherDocument("", vectortest.Genuine), publisherDocument("")
	for name, c := range map[string]struct {
		dns, document string
		outcome       verify.Outcome
		reason        metadata.Reason
	}{
		"secure":                               {"secure", "", verify.Rejected, metadata.ReasonKeyRevoked},
		"corroborated":                         {"corroborated", "", verify.Rejected, metadata.ReasonKeyRevoked},
		"secure, the document disagrees":       {"secure", withKey, verify.Rejected, metadata.ReasonKeyRevoked},
		"insecure":                             {"insecure", "", verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"insecure, the document disagrees":     {"insecure", withKey, verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"insecure, the document lacks the key": {"insecure", without, verify.Rejected, metadata.ReasonKeyRevoked},
		"insecure, the document has a private key": {"insecure", `{"publisher":"https://acme.example","keys":[{"kty":"OKP","crv":"Ed25519","kid":"x","x":"","d":"AA"}]}`,
			verify.Rejected, metadata.ReasonKeyExposed},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"dns.zone": zone(revokedRecord)}
			if c.document != "" {
				files[url] = c.document
			}
			p := newPlace(t, []string{"dns: " + c.dns}, files, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, c.outcome, c.reason)
			if v.Thumbprint() != "" {
				t.Error("a thumbprint without a verified statement")
			}
		})
	}
}

// A pin is all there is of a publisher, unless it says and_lookup; and death
// beats it.
func TestPins(t *testing.T) {
	pin := func(lookUp bool, key string) string {
		return fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":%t}}}`, vectortest.Acme, key, lookUp)
	}
	genuine, foreign := string(vectortest.Genuine.Key.JWK()), string(vectortest.Foreign.Key.JWK())
	const otherKid = `{"kty":"OKP","crv":"Ed25519","kid":"p","x":"0VfCZjejv7JluC4dpH5qZ-5-qR_9heLm03u4IytWWhk"}`
	for name, c := range map[string]struct {
		roots, zone      string
		outcome          verify.Outcome
		reason           metadata.Reason
		pinned           verify.Status
		queries, fetches int
	}{
		"pinned":                           {pin(false, genuine), record(vectortest.Foreign), verify.Verified, "", verify.Passed, 0, 0},
		"another key pinned under the kid": {pin(false, foreign), record(vectortest.Genuine), verify.Rejected, metadata.ReasonSignatureInvalid, verify.Passed, 0, 0},
		"another kid pinned":               {pin(false, otherKid), record(vectortest.Genuine), verify.Rejected, metadata.ReasonKeyUnknown, verify.Failed, 0, 0},
		"pinned, and_lookup":               {pin(true, genuine), record(vectortest.Genuine), verify.Verified, "", verify.Passed, 1, 1},
		"pinned, and not in DNS":           {pin(true, genuine), "v=spf1 -all", verify.Verified, "", verify.Passed, 1, 1},
		"pinned, and dead in DNS":          {pin(true, genuine), revokedRecord, verify.Rejected, metadata.ReasonKeyRevoked, verify.Passed, 1, 1},
		"another key in DNS than pinned":   {pin(true, genuine), record(vectortest.Foreign), verify.Verified, "", verify.Passed, 1, 1},
		"another kid pinned, and_lookup":   {pin(true, otherKid), record(vectortest.Genuine), verify.Verified, "", verify.Failed, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, map[string]string{"roots.json": c.roots, "dns.zone": zone(c.zone)}, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, c.outcome, c.reason)
			p.wantPackets(t, c.queries, c.fetches)
			if c.pinned == verify.Passed {
				wantFinding(t, v, verify.CheckPinnedKey, verify.Passed, "")
			} else {
				wantFinding(t, v, verify.CheckPinnedKey, c.pinned, metadata.ReasonKeyUnknown)
				wantOnce(t, v, verify.CheckPinnedKey)
			}
			if c.queries == 0 {
				wantFinding(t, v, verify.CheckDNSKey, verify.Skipped, "")
				wantFinding(t, v, verify.CheckWellknownKey, verify.Skipped, "")
			}
		})
	}
	t.Run("D8 roots that cannot be read", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) { cfg.Roots = brokenRoots{} })
		want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Inconclusive, metadata.ReasonRootsUnavailable)
		p.wantPackets(t, 0, 0)
	})
}

type brokenRoots struct{}

func (brokenRoots) Root(context.Context, metadata.Publisher) (*trustroots.Root, error) {
	return nil, errors.New("disk")
}

// What was found wrong with the DNS or the site is no pass and no rejection of
// a client that brought no statement.
func TestNothingToLookUpWithoutStatement(t *testing.T) {
	p := newPlace(t, []string{"dns: bogus"}, nil, nil)
	v := p.verify(t, verify.Presentation{Client: &metadata.Client{ClientName: "X", RedirectURIs: []string{"https://acme.example/callback"}}})
	want(t, v, verify.Verified, "")
	p.wantPackets(t, 0, 0)
	wantFinding(t, v, verify.CheckDelivery, verify.Passed, "")
}

func TestTestMode(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Genuine) + "; t=y")}, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	want(t, v, verify.Verified, "")
	if !v.TestMode() {
		t.Error("a key in test mode is not told from any other")
	}
	p = newPlace(t, []string{"dns: secure"}, liveZone, nil)
	if p.verify(t, verify.Presentation{Statement: statement(t, nil)}).TestMode() {
		t.Error("every key is in test mode")
	}
}

// Memory that fails says nothing of the client.
func TestMemoryThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		dns   string
		files map[string]string
	}{
		"seeing a key that is published": {"secure", liveZone},
		"seeing a key that is gone":      {"insecure", nil},
		"ending a key":                   {"secure", map[string]string{"dns.zone": zone(revokedRecord)}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: " + c.dns}, c.files, func(cfg *verify.Config) { cfg.Memory = brokenMemory{} })
			if v, err := p.verifier.Verify(t.Context(), verify.Presentation{Statement: statement(t, nil)}); !errors.Is(err, errMemory) || v != nil {
				t.Errorf("%v, %v", v, err)
			}
		})
	}
}

var errMemory = errors.New("disk")

type brokenMemory struct{ verify.Memory }

func (brokenMemory) See(context.Context, metadata.Publisher, []verify.PublishedKey, time.Time) ([]verify.Sighting, error) {
	return nil, errMemory
}

func (brokenMemory) End(context.Context, metadata.Publisher, []string, time.Time) ([]verify.Sighting, error) {
	return nil, errMemory
}

// Without memory a key that DNS does not vouch for has no line.
func TestLineWithoutMemory(t *testing.T) {
	for dns, status := range map[string]verify.Status{"secure": verify.Passed, "corroborated": verify.Skipped, "insecure": verify.Skipped} {
		t.Run(dns, func(t *testing.T) {
			p := newPlace(t, []string{"dns: " + dns}, liveZone, nil)
			wantFinding(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.CheckKeyLine, status, "")
		})
	}
}

// A special-use name is nobody's: it is not looked up, by whatever there is to look
// up with. Where there is nothing, that is the reason.
func TestSpecialUseIsNotLookedUp(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(*verify.Config)
		outcome verify.Outcome
		reason  metadata.Reason
	}{
		"U12 with both":        {func(*verify.Config) {}, verify.Rejected, metadata.ReasonPublisherUnknown},
		"U12 with DNS alone":   {func(cfg *verify.Config) { cfg.Fetcher = nil }, verify.Rejected, metadata.ReasonPublisherUnknown},
		"U12 with HTTPS alone": {func(cfg *verify.Config) { cfg.Resolver = nil }, verify.Rejected, metadata.ReasonPublisherUnknown},
		"with neither":         {func(cfg *verify.Config) { cfg.Resolver, cfg.Fetcher = nil, nil }, verify.Inconclusive, metadata.ReasonKeysUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure", "special_use: refused"}, liveZone, tc.change)
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, tc.outcome, tc.reason)
			wantFinding(t, v, verify.CheckDNSKey, verify.Skipped, "")
			wantFinding(t, v, verify.CheckWellknownKey, verify.Skipped, "")
			p.wantPackets(t, 0, 0)
		})
	}
	t.Run("D33 pinned, and_lookup", func(t *testing.T) {
		roots := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":true}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())
		p := newPlace(t, []string{"special_use: refused"}, map[string]string{"roots.json": roots}, nil)
		want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Verified, "")
		p.wantPackets(t, 0, 0)
	})
}

// wantOnce fails unless the check has exactly one finding.
func wantOnce(t *testing.T, v *verify.Verdict, check verify.Check) {
	t.Helper()
	n := 0
	for _, f := range v.Findings {
		if f.Check == check {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d findings of %s\n%s", n, check, findings(v))
	}
}

// Each source has one finding, whatever came of it, and what both say decides.
func TestSources(t *testing.T) {
	type said struct {
		status verify.Status
		reason metadata.Reason
	}
	passed, skipped := said{verify.Passed, ""}, said{verify.Skipped, ""}
	failed := func(r metadata.Reason) said { return said{verify.Failed, r} }
	unavailable := func(r metadata.Reason) said { return said{verify.Unavailable, r} }
	changed := func(change func(*metadata.KeyRecord)) string {
		r, _ := vectortest.Genuine.Key.Record()
		change(&r)
		return r.String()
	}
	const notAsked, zeros = "not asked", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" // not asked at all; a point of low order
	var (
		live      = record(vectortest.Genuine)
		foreign   = record(vectortest.Foreign)
		otherKid  = changed(func(r *metadata.KeyRecord) { r.KeyID = "another" })
		weak      = changed(func(r *metadata.KeyRecord) { r.PublicKey = string(make([]byte, 32)) })
		instances = changed(func(r *metadata.KeyRecord) { r.Instances = true })
		malformed = "v=ck1; kid=2026a; k=ed25519; p=?"
		other     = "v=ck1; kid=another; k=ed25519; p=?"

		has     = publisherDocument("", vectortest.Genuine)
		hasElse = publisherDocument("", vectortest.Foreign)
		lacks   = publisherDocument("")
		another = strings.ReplaceAll(hasElse, vectortest.DrawnKeyID, "another")
		hasWeak = fmt.Sprintf(`{"publisher":%q,"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":%q}]}`, vectortest.Acme, zeros)
		weakAs  = strings.ReplaceAll(hasWeak, vectortest.DrawnKeyID, "another")
		private = fmt.Sprintf(`{"publisher":%q,"keys":[{"kty":"OKP","crv":"Ed25519","kid":"x","x":"","d":"AA"}]}`, vectortest.Acme)
		garbage = "{"
	)
	for name, c := range map[string]struct {
		dns, zone, document string
		outcome             verify.Outcome
		reason              metadata.Reason
		inDNS, inDocument   said
	}{
		"live, and no document":           {"secure", live, "404", verify.Verified, "", passed, failed(metadata.ReasonWellknownMissing)},
		"live in both":                    {"secure", live, has, verify.Verified, "", passed, passed},
		"live in both, insecure":          {"insecure", live, has, verify.Verified, "", passed, passed},
		"live, not in the document":       {"secure", live, lacks, verify.Verified, "", passed, failed(metadata.ReasonKeyUnknown)},
		"live, weak in the document":      {"secure", live, hasWeak, verify.Verified, "", passed, failed(metadata.ReasonKeyUnusable)},
		"live, and no JSON":               {"secure", live, garbage, verify.Verified, "", passed, failed(metadata.ReasonWellknownMismatch)},
		"live, and no answer over HTTPS":  {"secure", live, "500", verify.Verified, "", passed, unavailable(metadata.ReasonDocumentUnavailable)},
		"live, and an address of ours":    {"secure", live, "refused", verify.Verified, "", passed, unavailable(metadata.ReasonDocumentUnavailable)},
		"live, and HTTPS not asked":       {"secure", live, notAsked, verify.Verified, "", passed, skipped},
		"live, and a private key":         {"secure", live, private, verify.Rejected, metadata.ReasonKeyExposed, passed, failed(metadata.ReasonKeyExposed)},
		"another key than the document's": {"secure", foreign, has, verify.Rejected, metadata.ReasonKeysDisagree, passed, failed(metadata.ReasonWellknownMismatch)},
		"another key, insecure":           {"insecure", foreign, has, verify.Inconclusive, metadata.ReasonDNSUnavailable, passed, failed(metadata.ReasonWellknownMismatch)},

		"none, live in the document":        {"secure", "", has, verify.Verified, "", failed(metadata.ReasonDomainRecordMissing), passed},
		"not asked, live in the document":   {notAsked, "", has, verify.Verified, "", skipped, passed},
		"no answer, live in the document":   {"unavailable", "", has, verify.Verified, "", unavailable(metadata.ReasonDNSUnavailable), unavailable(metadata.ReasonDNSUnavailable)},
		"bogus, live in the document":       {"bogus", "", has, verify.Inconclusive, metadata.ReasonDNSBogus, unavailable(metadata.ReasonDNSBogus), unavailable(metadata.ReasonDNSUnavailable)},
		"wildcard, live in the document":    {"wildcard", live, has, verify.Verified, "", failed(metadata.ReasonDomainRecordWildcard), passed},
		"another kid, live in the document": {"secure", otherKid, has, verify.Verified, "", failed(metadata.ReasonKeyNotInDNS), failed(metadata.ReasonKeyNotInDNS)},
		"nothing well formed beside it":     {"secure", other, has, verify.Verified, "", failed(metadata.ReasonKeyNotInDNS), passed},
		"malformed, live in the document":   {"secure", malformed, has, verify.Verified, "", failed(metadata.ReasonDomainRecordMalformed), passed},
		"weak, live in the document":        {"secure", weak, has, verify.Rejected, metadata.ReasonKeyUnusable, failed(metadata.ReasonKeyUnusable), failed(metadata.ReasonKeyNotInDNS)},
		"revoked, live in the document":     {"secure", revokedRecord, has, verify.Rejected, metadata.ReasonKeyRevoked, failed(metadata.ReasonKeyRevoked), failed(metadata.ReasonKeyNotInDNS)},
		"revoked by whoever, and no document": {"insecure", revokedRecord, "404", verify.Inconclusive, metadata.ReasonDNSUnavailable,
			unavailable(metadata.ReasonDNSUnavailable), failed(metadata.ReasonWellknownMissing)},

		"another kid, and no document":      {"secure", otherKid, "404", verify.Rejected, metadata.ReasonKeyUnknown, failed(metadata.ReasonKeyUnknown), failed(metadata.ReasonWellknownMissing)},
		"another kid, and no answer":        {"secure", otherKid, "500", verify.Rejected, metadata.ReasonKeyUnknown, failed(metadata.ReasonKeyUnknown), unavailable(metadata.ReasonDocumentUnavailable)},
		"malformed, and no document":        {"secure", malformed, "404", verify.Rejected, metadata.ReasonKeyUnusable, failed(metadata.ReasonDomainRecordMalformed), failed(metadata.ReasonWellknownMissing)},
		"weak, and no document":             {"secure", weak, "404", verify.Rejected, metadata.ReasonKeyUnusable, failed(metadata.ReasonKeyUnusable), failed(metadata.ReasonWellknownMissing)},
		"of instances, and no document":     {"secure", instances, "404", verify.Rejected, metadata.ReasonKeyUnusable, failed(metadata.ReasonKeyUnusable), failed(metadata.ReasonWellknownMissing)},
		"none, weak in the document":        {"secure", "", hasWeak, verify.Rejected, metadata.ReasonKeyUnusable, failed(metadata.ReasonDomainRecordMissing), failed(metadata.ReasonKeyUnusable)},
		"none, not in the document":         {"secure", "", lacks, verify.Rejected, metadata.ReasonKeyUnknown, failed(metadata.ReasonDomainRecordMissing), failed(metadata.ReasonKeyUnknown)},
		"none, another in the document":     {"secure", "", another, verify.Rejected, metadata.ReasonKeyUnknown, failed(metadata.ReasonDomainRecordMissing), failed(metadata.ReasonKeyUnknown)},
		"none, a weak one in the document":  {"secure", "", weakAs, verify.Rejected, metadata.ReasonKeyUnknown, failed(metadata.ReasonDomainRecordMissing), failed(metadata.ReasonKeyUnknown)},
		"none, and no document":             {"secure", "", "404", verify.Rejected, metadata.ReasonPublisherUnknown, failed(metadata.ReasonDomainRecordMissing), failed(metadata.ReasonWellknownMissing)},
		"none, and no JSON":                 {"secure", "", garbage, verify.Rejected, metadata.ReasonPublisherUnknown, failed(metadata.ReasonDomainRecordMissing), failed(metadata.ReasonWellknownMismatch)},
		"none, and no answer over HTTPS":    {"secure", "", "500", verify.Inconclusive, metadata.ReasonDocumentUnavailable, failed(metadata.ReasonDomainRecordMissing), unavailable(metadata.ReasonDocumentUnavailable)},
		"none, and an address of ours":      {"secure", "", "refused", verify.Inconclusive, metadata.ReasonDocumentUnavailable, failed(metadata.ReasonDomainRecordMissing), unavailable(metadata.ReasonDocumentUnavailable)},
		"none, and HTTPS not asked":         {"secure", "", notAsked, verify.Inconclusive, metadata.ReasonDocumentUnavailable, failed(metadata.ReasonDomainRecordMissing), skipped},
		"wildcard, and no document":         {"wildcard", live, "404", verify.Rejected, metadata.ReasonPublisherUnknown, failed(metadata.ReasonDomainRecordWildcard), failed(metadata.ReasonWellknownMissing)},
		"no answer, and no document":        {"unavailable", "", "404", verify.Inconclusive, metadata.ReasonDNSUnavailable, unavailable(metadata.ReasonDNSUnavailable), failed(metadata.ReasonWellknownMissing)},
		"no answer, not in the document":    {"unavailable", "", lacks, verify.Inconclusive, metadata.ReasonDNSUnavailable, unavailable(metadata.ReasonDNSUnavailable), failed(metadata.ReasonKeyUnknown)},
		"not asked, and no document":        {notAsked, "", "404", verify.Inconclusive, metadata.ReasonDNSUnavailable, skipped, failed(metadata.ReasonWellknownMissing)},
		"no answer, nor over HTTPS":         {"unavailable", "", "500", verify.Inconclusive, metadata.ReasonKeysUnavailable, unavailable(metadata.ReasonDNSUnavailable), unavailable(metadata.ReasonDocumentUnavailable)},
		"no answer, and an address of ours": {"unavailable", "", "refused", verify.Inconclusive, metadata.ReasonKeysUnavailable, unavailable(metadata.ReasonDNSUnavailable), unavailable(metadata.ReasonDocumentUnavailable)},
		"no answer, and HTTPS not asked":    {"unavailable", "", notAsked, verify.Inconclusive, metadata.ReasonKeysUnavailable, unavailable(metadata.ReasonDNSUnavailable), skipped},
		"not asked, and no answer":          {notAsked, "", "500", verify.Inconclusive, metadata.ReasonKeysUnavailable, skipped, unavailable(metadata.ReasonDocumentUnavailable)},
	} {
		t.Run(name, func(t *testing.T) {
			url, files, header := vectortest.Acme.PublisherDocumentURL(), map[string]string{}, []string{}
			if c.dns != notAsked {
				header = append(header, "dns: "+c.dns)
			}
			if c.zone != "" {
				files["dns.zone"] = zone(c.zone)
			}
			switch c.document {
			case "404", notAsked:
			case "500", "refused":
				header = append(header, "http: "+url+" "+c.document)
			default:
				files[url] = c.document
			}
			p := newPlace(t, header, files, func(cfg *verify.Config) {
				if c.dns == notAsked {
					cfg.Resolver = nil
				}
				if c.document == notAsked {
					cfg.Fetcher = nil
				}
			})
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, c.outcome, c.reason)
			wantFinding(t, v, verify.CheckDNSKey, c.inDNS.status, c.inDNS.reason)
			wantFinding(t, v, verify.CheckWellknownKey, c.inDocument.status, c.inDocument.reason)
			wantOnce(t, v, verify.CheckDNSKey)
			wantOnce(t, v, verify.CheckWellknownKey)
		})
	}
}

// An absence that nobody vouches for counts for less where a key was seen under this
// very name and is not known to be dead; where nothing answers, that is the reason.
func TestKnownKeyThatIsMissing(t *testing.T) {
	const other = "2025z"
	timeout := "http: " + vectortest.Acme.PublisherDocumentURL() + " timeout"
	for name, c := range map[string]struct {
		header      []string
		seen, ended []string // kids
		outcome     verify.Outcome
		reason      metadata.Reason
	}{
		"D7 seen":                          {[]string{"dns: insecure"}, []string{vectortest.DrawnKeyID}, nil, verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"D7 seen, and another revoked":     {[]string{"dns: insecure"}, []string{vectortest.DrawnKeyID}, []string{other}, verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"seen by another name":             {[]string{"dns: insecure"}, []string{other}, nil, verify.Rejected, metadata.ReasonPublisherUnknown},
		"seen, and revoked since":          {[]string{"dns: insecure"}, []string{vectortest.DrawnKeyID}, []string{vectortest.DrawnKeyID}, verify.Rejected, metadata.ReasonPublisherUnknown},
		"its name revoked, and never seen": {[]string{"dns: insecure"}, nil, []string{vectortest.DrawnKeyID}, verify.Rejected, metadata.ReasonPublisherUnknown},
		"seen, and nothing answers":        {[]string{"dns: unavailable", timeout}, []string{vectortest.DrawnKeyID}, nil, verify.Inconclusive, metadata.ReasonKeysUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, c.header, nil, nil)
			for _, kid := range c.seen {
				if _, err := p.See(t.Context(), vectortest.Acme, []verify.PublishedKey{{KeyID: kid, Thumbprint: "of " + kid}}, p.clock().Add(-100*time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := p.End(t.Context(), vectortest.Acme, c.ended, p.clock().Add(-50*time.Hour)); err != nil {
				t.Fatal(err)
			}
			want(t, p.remembering(t).verify(t, verify.Presentation{Statement: statement(t, nil)}), c.outcome, c.reason)
		})
	}
}

// What a publisher revokes stays revoked, whichever of its statements was looked at
// then: as far as it is certain that the publisher did.
func TestRevocationsAreRemembered(t *testing.T) {
	const other = "2025z"
	both := zone(record(vectortest.Genuine)) + zone("v=ck1; kid="+other+"; k=ed25519; p=")
	url := vectortest.Acme.PublisherDocumentURL()
	for name, c := range map[string]struct {
		dns    string
		files  map[string]string
		kid    string
		reason metadata.Reason
	}{
		"K20 beside the key in use":            {"secure", map[string]string{"dns.zone": both}, other, metadata.ReasonKeyRevoked},
		"D36 beside it, and nobody vouches":    {"insecure", map[string]string{"dns.zone": both}, other, ""},
		"the key in use is none of them":       {"secure", map[string]string{"dns.zone": both}, vectortest.DrawnKeyID, ""},
		"D36 insecure, the document lacks it":  {"insecure", map[string]string{"dns.zone": zone(revokedRecord), url: publisherDocument("")}, vectortest.DrawnKeyID, ""},
		"D36 insecure, the document disagrees": {"insecure", map[string]string{"dns.zone": zone(revokedRecord), url: publisherDocument("", vectortest.Genuine)}, vectortest.DrawnKeyID, ""},
		"a live key that the document lacks":   {"insecure", map[string]string{"dns.zone": liveZone["dns.zone"], url: publisherDocument("")}, vectortest.DrawnKeyID, ""},
	} {
		t.Run(name, func(t *testing.T) {
			first := newPlace(t, []string{"dns: " + c.dns}, c.files, nil)
			first.remembering(t).verify(t, verify.Presentation{Statement: statement(t, nil)})
			returned, _ := vectortest.Foreign.Key.Record()
			returned.KeyID = c.kid
			later := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(returned.String())}, func(cfg *verify.Config) { cfg.Memory = first.World })
			outcome := verify.Verified
			if c.reason != "" {
				outcome = verify.Rejected
			}
			want(t, later.verify(t, verify.Presentation{Statement: signedAs(t, c.kid)}), outcome, c.reason)
		})
	}
}

// Who leaves before every source was read gets no verdict: what was not read may
// end the key.
func TestCancelledBetweenSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		presented := verify.Presentation{Statement: statement(t, nil)}
		want(t, p.verify(t, presented), verify.Verified, "")
		p.after(2 * time.Minute) // DNS is remembered still, the document is not
		p.delay = time.Second
		impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if v, err := p.verifier.Verify(impatient, presented); !errors.Is(err, context.DeadlineExceeded) || v != nil {
			t.Errorf("got %v and %v, want no verdict and the context's error", v, err)
		}
		want(t, p.verify(t, presented), verify.Verified, "")
		p.wantPackets(t, 1, 2)
	})
}

// A verdict holds no longer than the first of the sources that vouch for the key.
func TestVerdictEndsWithItsSources(t *testing.T) {
	const short, long = 2 * time.Minute, 10 * time.Minute
	url := vectortest.Acme.PublisherDocumentURL()
	inDocument := map[string]string{url: publisherDocument("", vectortest.Genuine)}
	inBoth := map[string]string{"dns.zone": liveZone["dns.zone"], url: inDocument[url]}
	for name, c := range map[string]struct {
		files            map[string]string
		ttl, fresh, want time.Duration
	}{
		"DNS alone":          {liveZone, long, 0, long},
		"the document alone": {inDocument, 0, long, long},
		"DNS ends first":     {inBoth, short, long, short},
		"the document does":  {inBoth, long, short, short},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, c.files, nil)
			p.ttl, p.fresh = c.ttl, c.fresh
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, verify.Verified, "")
			if got := v.ValidUntil().Sub(vectortest.DrawnNow); got != c.want {
				t.Errorf("it holds for %s, want %s", got, c.want)
			}
		})
	}
}

// A record without s=y speaks for its own host, and for none below it.
func TestKeyOfAHostAbove(t *testing.T) {
	below := metadata.MustPublisher("https://app.acme.example")
	subdomains := zone(record(vectortest.Genuine) + "; s=y")
	for name, c := range map[string]struct {
		publisher metadata.Publisher
		zone      string
		outcome   verify.Outcome
		reason    metadata.Reason
	}{
		"the host itself":           {vectortest.Acme, liveZone["dns.zone"], verify.Verified, ""},
		"the host itself, s=y":      {vectortest.Acme, subdomains, verify.Verified, ""},
		"a host below":              {below, liveZone["dns.zone"], verify.Rejected, metadata.ReasonKeyUnknown},
		"a host below, s=y":         {below, subdomains, verify.Verified, ""},
		"a host below, key is dead": {below, zone(revokedRecord), verify.Rejected, metadata.ReasonKeyUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": c.zone}, nil)
			want(t, p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
				s.Publisher = c.publisher
				s.Client.RedirectURIs = []string{c.publisher.String() + "/callback"}
			})}), c.outcome, c.reason)
		})
	}
}
