package verify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Without its statement a client is what it would be had it brought none: nothing
// of the statement is read, asked for or shown, be it good or bad.
func TestWithoutStatement(t *testing.T) {
	good := statement(t, inDocument)
	plain := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}}
	with := func(text string) *metadata.Client {
		c := plain
		c.SoftwareStatement = text
		return &c
	}
	for name, presented := range map[string]verify.Presentation{
		"a registration": {Client: with(good)},
		"a registration whose statement is no JWS":    {Client: with("x")},
		"a registration that never had one":           {Client: &plain},
		"a document":                                  {ClientID: vectortest.DocumentURL},
		"a document, and a copy of what it holds":     {ClientID: vectortest.DocumentURL, Statement: good},
		"a document, and a registration not asked of": {ClientID: vectortest.DocumentURL, Client: with("x")},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"],
				vectortest.DocumentURL: plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"software_statement":%q`, good))}, nil)
			presented.WithoutStatement = true
			v := p.verify(t, presented)
			want(t, v, verify.Verified, "")
			wantFinding(t, v, verify.CheckSignature, verify.Skipped, "")
			c, _ := v.Client()
			if _, ok := v.Statement(); ok || v.Digest != "" || v.KeyID != "" || v.Thumbprint() != "" || c.SoftwareStatement != "" {
				t.Errorf("judged with a statement: %+v", c)
			}
			if c.ClientName != plain.ClientName || !slices.Equal(c.RedirectURIs, plain.RedirectURIs) {
				t.Errorf("judged as %+v", c)
			}
			p.wantPackets(t, 0, strings.Count(presented.ClientID, "https://"))
		})
	}
	t.Run("a statement alone", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		v := p.verify(t, verify.Presentation{Statement: good, WithoutStatement: true})
		want(t, v, verify.Rejected, metadata.ReasonStatementMalformed)
	})
	t.Run("a document that cannot be fetched, and a copy of its statement", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure", "http: " + vectortest.DocumentURL + " timeout"}, liveZone, nil)
		v := p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, Statement: good, WithoutStatement: true})
		want(t, v, verify.Inconclusive, metadata.ReasonDocumentUnavailable)
	})
}

// A verdict says who signed, and holds no longer than what it was read from: a
// refusal ends too, so that who mends what was wrong is not refused for longer.
func TestVerdictEndsWithItsEvidence(t *testing.T) {
	address := vectortest.Acme.PublisherDocumentURL()
	const minute = time.Minute
	for name, tc := range map[string]struct {
		dns        string
		files      map[string]string
		ttl, fresh time.Duration
		outcome    verify.Outcome
		reason     metadata.Reason
		holds      time.Duration
	}{
		"verified by DNS": {"secure", liveZone, 7 * minute, 0, verify.Verified, "", 7 * minute},
		"verified by the document, where DNS has nothing": {"secure", map[string]string{address: publisherDocument("", vectortest.Genuine)},
			0, 8 * minute, verify.Verified, "", 8 * minute},
		"verified by both, DNS ends first": {"secure", map[string]string{"dns.zone": liveZone["dns.zone"], address: publisherDocument("", vectortest.Genuine)},
			7 * minute, 8 * minute, verify.Verified, "", 7 * minute},
		"verified by both, the document ends first": {"secure", map[string]string{"dns.zone": liveZone["dns.zone"], address: publisherDocument("", vectortest.Genuine)},
			7 * minute, 6 * minute, verify.Verified, "", 6 * minute},
		"rejected by DNS, asked again when the document's absence ends": {"secure", map[string]string{"dns.zone": zone(revokedRecord)},
			7 * minute, 0, verify.Rejected, metadata.ReasonKeyRevoked, minute},
		"rejected by DNS, which ends first": {"secure", map[string]string{"dns.zone": zone(revokedRecord), address: publisherDocument("")},
			7 * minute, 8 * minute, verify.Rejected, metadata.ReasonKeyRevoked, 7 * minute},
		"rejected by the document, which ends first": {"secure", map[string]string{"dns.zone": liveZone["dns.zone"], address: publisherDocument(`,"revoked":["acme-agent-1"]`)},
			7 * minute, 6 * minute, verify.Rejected, metadata.ReasonStatementRevoked, 6 * minute},
		"inconclusive, asked again soon": {"unavailable", nil, 7 * minute, 0, verify.Inconclusive, metadata.ReasonDNSUnavailable, minute},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: " + tc.dns}, tc.files, nil)
			p.ttl, p.fresh = tc.ttl, tc.fresh
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, tc.outcome, tc.reason)
			if got := v.ValidUntil(); !got.Equal(vectortest.DrawnNow.Add(tc.holds)) || got.Location() != time.UTC {
				t.Errorf("holds until %s, want %s", got, vectortest.DrawnNow.Add(tc.holds))
			}
			signer := ""
			if tc.outcome == verify.Verified {
				signer = vectortest.Genuine.Key.Thumbprint()
			}
			if v.Thumbprint() != signer {
				t.Errorf("signed by %q, want %q", v.Thumbprint(), signer)
			}
		})
	}
}

// What cannot be had is among the findings, and excuses nothing that is wrong: of
// several reasons the first one decided.
func TestUnavailableAndWrong(t *testing.T) {
	live := record(vectortest.Genuine)
	broken := func(cfg *verify.Config) { cfg.Roots = brokenRoots{} }
	for name, tc := range map[string]struct {
		header  []string
		record  string
		change  func(*verify.Config)
		state   func(*metadata.Statement)
		outcome verify.Outcome
		reason  metadata.Reason
		finding verify.Finding
	}{
		"D8 roots that cannot be read": {nil, live, broken, nil, verify.Inconclusive, metadata.ReasonRootsUnavailable,
			verify.Finding{Check: verify.CheckTrustRoot, Status: verify.Unavailable, Reason: metadata.ReasonRootsUnavailable, Detail: "disk"}},
		"roots that cannot be read, and a countersigner": {[]string{"countersigner: " + vectortest.Acme.String()}, live, broken, nil, verify.Rejected, metadata.ReasonPublisherIsCountersigner,
			verify.Finding{Check: verify.CheckTrustRoot, Status: verify.Unavailable, Reason: metadata.ReasonRootsUnavailable, Detail: "disk"}},
		"a countersigner, and an instance statement": {[]string{"countersigner: " + vectortest.Acme.String()}, live, nil,
			func(s *metadata.Statement) {
				s.Confirmation = []byte(`{"jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}`)
			},
			verify.Rejected, metadata.ReasonPublisherIsCountersigner,
			verify.Finding{Check: verify.CheckPossession, Status: verify.Failed, Reason: metadata.ReasonPossessionUnproven, Detail: "instance statements are not accepted yet"}},
		"neither DNS nor document": {[]string{"dns: unavailable", "http: " + vectortest.Acme.PublisherDocumentURL() + " timeout"}, live, nil, nil,
			verify.Inconclusive, metadata.ReasonKeysUnavailable,
			verify.Finding{Check: verify.CheckSignature, Status: verify.Unavailable, Reason: metadata.ReasonKeysUnavailable, Detail: "neither DNS nor document could be read"}},
		"a member that is wrong, by its name": {[]string{"dns: secure"}, live, nil,
			func(s *metadata.Statement) { s.Client.RedirectURIs = []string{"https://acme.example/callback#x"} },
			verify.Rejected, metadata.ReasonRedirectURIMalformed,
			verify.Finding{Check: verify.CheckRedirectURIs, Status: verify.Failed, Reason: metadata.ReasonRedirectURIMalformed,
				Detail: `redirect_uris: "https://acme.example/callback#x": a fragment is not allowed`}},
		"what is wrong with no member": {[]string{"dns: secure"}, record(vectortest.Foreign), nil, nil, verify.Rejected, metadata.ReasonSignatureInvalid,
			verify.Finding{Check: verify.CheckSignature, Status: verify.Failed, Reason: metadata.ReasonSignatureInvalid, Detail: "the key did not make this signature"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, tc.header, map[string]string{"dns.zone": zone(tc.record)}, tc.change)
			v := p.verify(t, verify.Presentation{Statement: statement(t, tc.state)})
			want(t, v, tc.outcome, tc.reason)
			if !slices.ContainsFunc(v.Findings, func(f verify.Finding) bool {
				f.Evidence = verify.Evidence{} // what was seen is another test's
				return f == tc.finding
			}) {
				t.Errorf("no finding %+v among\n%s", tc.finding, findings(v))
			}
		})
	}
}
