package verify_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// inDocument is what a statement in acme's metadata document states besides.
func inDocument(s *metadata.Statement) { s.Client.ClientID = vectortest.DocumentURL }

func TestDocumentThatCannotBeFetched(t *testing.T) {
	down := []string{"dns: secure", "http: " + vectortest.DocumentURL + " timeout"}
	t.Run("its statement at hand", func(t *testing.T) {
		p := newPlace(t, down, liveZone, nil)
		v := p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, Statement: statement(t, inDocument)})
		want(t, v, verify.Verified, "")
		wantFinding(t, v, verify.CheckMetadataDocument, verify.Unavailable, metadata.ReasonDocumentUnavailable)
		wantFinding(t, v, verify.CheckSignature, verify.Passed, "")
		if c, ok := v.Client(); !ok || c.ClientName != "Acme Agent" {
			t.Errorf("judged as %+v", c)
		} else if c.ClientID != vectortest.DocumentURL || c.SoftwareStatement == "" {
			t.Errorf("as %q, and the statement is not the client's: %+v", c.ClientID, c)
		}
	})
	t.Run("a statement for another document at hand", func(t *testing.T) {
		p := newPlace(t, down, liveZone, nil)
		v := p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, Statement: statement(t, func(s *metadata.Statement) {
			s.Client.ClientID = "https://acme.example/other.json"
		})})
		want(t, v, verify.Rejected, metadata.ReasonClientIDMismatch)
	})
	t.Run("nothing at hand", func(t *testing.T) {
		p := newPlace(t, down, liveZone, nil)
		want(t, p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL}), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
	})
	t.Run("fetched, the copy at hand does not count", func(t *testing.T) {
		document := fmt.Sprintf(`{"client_id":%q,"client_name":"Acme Agent","redirect_uris":["https://acme.example/callback"]}`, vectortest.DocumentURL)
		p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.DocumentURL: document}, nil)
		v := p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, Statement: statement(t, inDocument)})
		want(t, v, verify.Verified, "")
		if v.Digest != "" {
			t.Error("a statement that the document does not hold was judged")
		}
	})
}

// A client_id that is no address of a document is refused, and nothing is asked.
func TestClientIDThatIsNoAddress(t *testing.T) {
	for name, id := range map[string]string{
		"http": "http://acme.example/client.json", "a query": vectortest.DocumentURL + "?v=2", "no path": "https://acme.example", "a word": "acme-agent",
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
			v := p.verify(t, verify.Presentation{ClientID: id, Statement: statement(t, inDocument)})
			want(t, v, verify.Rejected, metadata.ReasonClientIDMalformed)
			wantFinding(t, v, verify.CheckMetadataDocument, verify.Failed, metadata.ReasonClientIDMalformed)
			p.wantPackets(t, 0, 0)
		})
	}
}

// What a document proves says where it was read, and no verdict outlives it.
func TestEvidenceOfADocument(t *testing.T) {
	bound := statement(t, inDocument)
	holding := plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"software_statement":%q`, bound))
	pins := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())
	end := vectortest.DrawnNow.Add(2 * time.Minute)
	seen := verify.Evidence{Source: "https", Server: "192.0.2.80:443", Name: vectortest.DocumentURL, SeenAt: vectortest.DrawnNow, ValidUntil: end}
	for name, c := range map[string]struct {
		document  string
		presented verify.Presentation
	}{
		"alone":                      {plainDocument(vectortest.DocumentURL, ""), named},
		"with a statement":           {holding, named},
		"of a copy of its statement": {holding, verify.Presentation{Client: &metadata.Client{SoftwareStatement: bound}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, nil, map[string]string{"roots.json": pins, vectortest.DocumentURL: c.document}, nil)
			p.fresh = 2 * time.Minute
			v := p.verify(t, c.presented)
			want(t, v, verify.Verified, "")
			if f, _ := v.Finding(verify.CheckMetadataDocument); f.Status != verify.Passed || f.Evidence != seen {
				t.Errorf("%s by %+v, want %+v", f.Status, f.Evidence, seen)
			}
			if !v.ValidUntil().Equal(end) {
				t.Errorf("valid until %s, want %s", v.ValidUntil(), end)
			}
		})
	}
}

// A client can be judged by its document as if that held no statement: what it
// claims is still what the document says.
func TestDocumentWithoutItsStatement(t *testing.T) {
	document := plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"software_statement":%q`, statement(t, inDocument)))
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.DocumentURL: document}, nil)
	v := p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, WithoutStatement: true})
	want(t, v, verify.Verified, "")
	if c, _ := v.Client(); c.SoftwareStatement != "" || v.Digest != "" {
		t.Errorf("its statement was judged: %q, %+v", v.Digest, c)
	}
	if claimed := v.Claimed(); claimed.ClientID != vectortest.DocumentURL || claimed.ClientName != "Acme Agent" {
		t.Errorf("claimed by the document: %+v", claimed)
	}
	wantFinding(t, v, verify.CheckSignature, verify.Skipped, "")
	p.wantPackets(t, 0, 1)
}

func TestStatementBoundToADocument(t *testing.T) {
	bound := statement(t, inDocument)
	document := fmt.Sprintf(`{"client_id":%q,"client_name":"Acme Agent","redirect_uris":["https://acme.example/callback"],"software_statement":%q}`,
		vectortest.DocumentURL, bound)
	registration := verify.Presentation{Client: &metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}, SoftwareStatement: bound}}
	for name, c := range map[string]struct {
		header   string
		document string
		outcome  verify.Outcome
		reason   metadata.Reason
	}{
		"held by it":          {"dns: secure", document, verify.Verified, ""},
		"another held by it":  {"dns: secure", document[:len(document)-10] + `AAAAAAAA"}`, verify.Rejected, metadata.ReasonClientIDMismatch},
		"not there":           {"dns: secure", "", verify.Inconclusive, metadata.ReasonDocumentUnavailable},
		"withdrawn":           {"http: " + vectortest.DocumentURL + " 410", "", verify.Rejected, metadata.ReasonClientIDMismatch},
		"D7 no answer to ask": {"http: " + vectortest.DocumentURL + " timeout", "", verify.Inconclusive, metadata.ReasonDocumentUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"dns.zone": liveZone["dns.zone"]}
			if c.document != "" {
				files[vectortest.DocumentURL] = c.document
			}
			p := newPlace(t, []string{"dns: secure", c.header}, files, nil)
			want(t, p.verify(t, registration), c.outcome, c.reason)
		})
	}
	t.Run("J53 in a document elsewhere", func(t *testing.T) {
		const elsewhere = "https://other.example/client.json"
		p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"],
			elsewhere: fmt.Sprintf(`{"client_id":%q,"client_name":"Acme Agent","redirect_uris":["https://acme.example/callback"],"software_statement":%q}`, elsewhere, bound)}, nil)
		want(t, p.verify(t, verify.Presentation{ClientID: elsewhere}), verify.Rejected, metadata.ReasonClientIDMismatch)
	})
}

func TestForeignHosts(t *testing.T) {
	listing := fmt.Sprintf(`{"publisher":"https://other.example","keys":[],"clients":[{"software_id":"acme-agent","client_id":%q}]}`, vectortest.DocumentURL)
	document := func(redirects string) string {
		return fmt.Sprintf(`{"client_id":%q,"client_name":"Acme Agent","redirect_uris":[%s]}`, vectortest.DocumentURL, redirects)
	}
	const own, other, third = `"https://acme.example/callback",`, `"https://other.example/cb"`, `,"https://third.example/cb"`
	for name, c := range map[string]struct {
		redirects, listing string
		covered            bool
		fetches            int
	}{
		"one that lists the client":             {own + other, listing, true, 2},
		"one that lists another":                {own + other, `{"publisher":"https://other.example","keys":[],"clients":[{"software_id":"x"}]}`, false, 2},
		"one that names no clients":             {own + other, `{"publisher":"https://other.example","keys":[]}`, false, 2},
		"one without document":                  {own + other, "", false, 2},
		"two, and nobody is asked":              {own + other + third, listing, false, 1},
		"one, by a document of somebody else's": {own + other, `{"publisher":"https://third.example","keys":[],"clients":[{"software_id":"acme-agent"}]}`, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{vectortest.DocumentURL: document(c.redirects)}
			if c.listing != "" {
				files[vectortest.Other.PublisherDocumentURL()] = c.listing
			}
			p := newPlace(t, nil, files, nil)
			v := p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL})
			want(t, v, verify.Verified, "")
			if v.Passed(verify.CheckCoverage) != c.covered {
				t.Errorf("covered: %t\n%s", !c.covered, findings(v))
			}
			p.wantPackets(t, 0, c.fetches)
		})
	}
}

// Special-use names are nobody's: no packet leaves for them unless loopback is
// allowed.
func TestSpecialUseNamesAreNeverLookedUp(t *testing.T) {
	refused := []string{"special_use: refused"}
	registered := func(s string) *metadata.Client {
		return &metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}, SoftwareStatement: s}
	}
	for name, c := range map[string]struct {
		presented verify.Presentation
		outcome   verify.Outcome
		reason    metadata.Reason
	}{
		"publisher":            {verify.Presentation{Statement: statement(t, nil)}, verify.Rejected, metadata.ReasonPublisherUnknown},
		"publisher by DCR":     {verify.Presentation{Client: registered(statement(t, nil))}, verify.Rejected, metadata.ReasonPublisherUnknown},
		"document":             {verify.Presentation{ClientID: vectortest.DocumentURL}, verify.Rejected, metadata.ReasonAddressRefused},
		"document at .test":    {verify.Presentation{ClientID: "https://a.test/c"}, verify.Rejected, metadata.ReasonAddressRefused},
		"document at .onion":   {verify.Presentation{ClientID: "https://a.onion/c"}, verify.Rejected, metadata.ReasonAddressRefused},
		"registration only":    {verify.Presentation{Client: registered("")}, verify.Verified, ""},
		"statement's document": {verify.Presentation{Client: registered(statement(t, inDocument))}, verify.Rejected, metadata.ReasonPublisherUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, refused, liveZone, nil)
			want(t, p.verify(t, c.presented), c.outcome, c.reason)
			p.wantPackets(t, 0, 0)
		})
	}
	t.Run("pinned", func(t *testing.T) {
		roots := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())
		p := newPlace(t, refused, map[string]string{"roots.json": roots}, nil)
		want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Verified, "")
		want(t, p.verify(t, verify.Presentation{Client: registered(statement(t, inDocument))}), verify.Rejected, metadata.ReasonClientIDMismatch)
		p.wantPackets(t, 0, 0)
	})
}
