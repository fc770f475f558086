package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// plainDocument is a metadata document at url with further members.
func plainDocument(url, more string) string {
	return fmt.Sprintf(`{"client_id":%q,"client_name":"Acme Agent","redirect_uris":["https://acme.example/callback"]%s}`, url, more)
}

// documentPlace is a place where acme's document is plain, with a memory.
func documentPlace(t *testing.T, more string) *place {
	t.Helper()
	p := newPlace(t, nil, map[string]string{vectortest.DocumentURL: plainDocument(vectortest.DocumentURL, more)}, nil)
	return p.remembering(t)
}

// remembering gives the place a verifier that has the world for its memory.
func (p *place) remembering(t *testing.T) *place {
	t.Helper()
	cfg, err := p.Config()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Resolver, cfg.Fetcher, cfg.Now, cfg.Memory = p, p, p.clock, p.World
	if p.verifier, err = verify.New(cfg); err != nil {
		t.Fatal(err)
	}
	return p
}

var named = verify.Presentation{ClientID: vectortest.DocumentURL}

func TestMissingDocument(t *testing.T) {
	const evenLater = limits.DocumentAbsence - time.Minute
	t.Run("U18 404 twice, ten minutes apart", func(t *testing.T) {
		p := documentPlace(t, "")
		p.Answer(vectortest.DocumentURL, "404")
		want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
		p.after(evenLater)
		want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
		p.after(time.Minute)
		want(t, p.verify(t, named), verify.Rejected, metadata.ReasonDocumentWithdrawn)
		p.remembering(t)
		want(t, p.verify(t, named), verify.Rejected, metadata.ReasonDocumentWithdrawn)
		p.Answer(vectortest.DocumentURL, "")
		p.after(2 * time.Minute)
		want(t, p.verify(t, named), verify.Verified, "")
		p.Answer(vectortest.DocumentURL, "404")
		p.after(time.Hour)
		want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
	})
	t.Run("U18 once asked in that time", func(t *testing.T) {
		p := documentPlace(t, "")
		p.Answer(vectortest.DocumentURL, "404")
		p.verify(t, named)
		p.after(30 * time.Second)
		for range 3 {
			p.verify(t, named)
		}
		p.wantPackets(t, 0, 1)
	})
	for _, answer := range []string{"429", "503", "403", "302", "timeout"} {
		t.Run("U18 "+answer+" is no absence", func(t *testing.T) {
			p := documentPlace(t, "")
			for range 3 {
				p.Answer(vectortest.DocumentURL, answer)
				want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
				p.after(time.Hour)
			}
		})
	}
	t.Run("U18 410 at once", func(t *testing.T) {
		p := documentPlace(t, "")
		p.Answer(vectortest.DocumentURL, "410")
		want(t, p.verify(t, named), verify.Rejected, metadata.ReasonDocumentWithdrawn)
	})
	t.Run("U18 nothing is remembered", func(t *testing.T) {
		p := newPlace(t, []string{"http: " + vectortest.DocumentURL + " 404"}, nil, nil)
		for range 2 {
			want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
			p.after(time.Hour)
		}
	})
}

// A document that was read holds for as long as it said, and no error extends
// that; the finding says when it was read.
func TestLastGoodDocument(t *testing.T) {
	for _, answer := range []string{"404", "503", "timeout"} {
		t.Run("U32 then "+answer, func(t *testing.T) {
			p := documentPlace(t, "")
			p.fresh = 48 * time.Hour // of which a day counts
			read := p.clock()
			want(t, p.verify(t, named), verify.Verified, "")
			p.Answer(vectortest.DocumentURL, answer)
			p.after(24*time.Hour - time.Second)
			v := p.verify(t, named)
			want(t, v, verify.Verified, "")
			if f, _ := v.Finding(verify.CheckMetadataDocument); !f.Evidence.SeenAt.Equal(read) || !f.Evidence.ValidUntil.Equal(read.Add(24*time.Hour)) {
				t.Errorf("evidence %+v, want one of %v", f.Evidence, read)
			}
			p.after(2 * time.Second)
			want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
		})
	}
}

// What was not there a moment ago is asked for again within a minute.
func TestNegativeAnswerIsShort(t *testing.T) {
	for _, answer := range []string{"404", "503", "timeout"} {
		t.Run("U33 "+answer, func(t *testing.T) {
			p := documentPlace(t, "")
			p.Answer(vectortest.DocumentURL, answer)
			want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
			p.Answer(vectortest.DocumentURL, "")
			p.after(time.Minute)
			want(t, p.verify(t, named), verify.Verified, "")
		})
	}
}

// Everybody is judged by one reading of a document, and a change is judged anew:
// what was given to the shape before is not the new one's.
func TestDocumentThatFlips(t *testing.T) {
	p := documentPlace(t, "")
	p.fresh = time.Hour
	first := p.verify(t, named)
	p.Serve(vectortest.DocumentURL, []byte(plainDocument(vectortest.DocumentURL, `,"grant_types":["authorization_code","refresh_token"]`)))
	t.Run("U30 one reading for all within its time", func(t *testing.T) {
		if again := p.verify(t, named); again.Shape() != first.Shape() {
			t.Error("the document was read twice")
		}
	})
	p.after(time.Hour)
	t.Run("U30 a change is another shape", func(t *testing.T) {
		second := p.verify(t, named)
		want(t, second, verify.Verified, "")
		if second.Shape() == first.Shape() {
			t.Error("the changed document has the shape of the one before")
		}
	})
	t.Run("U30 a document that is none any more", func(t *testing.T) {
		p.Serve(vectortest.DocumentURL, []byte("{"))
		p.after(time.Hour)
		want(t, p.verify(t, named), verify.Rejected, metadata.ReasonDocumentMalformed)
	})
}

func TestHostsOfManyTenants(t *testing.T) {
	for name, url := range map[string]string{
		"U36 a repository's file":  "https://raw.githubusercontent.com/evil/main/client.json",
		"U36 a bucket":             "https://storage.googleapis.com/bucket/client.json",
		"U36 a site on a platform": "https://sites.google.com/evil/client.json",
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, nil, map[string]string{url: fmt.Sprintf(
				`{"client_id":%q,"client_name":"Agent","redirect_uris":["http://127.0.0.1/callback"]}`, url)}, nil)
			v := p.verify(t, verify.Presentation{ClientID: url})
			if v.Passed(verify.CheckMetadataDocument) || !v.Publisher.IsZero() {
				t.Errorf("it counts as its host's\n%s", findings(v))
			}
			wantFinding(t, v, verify.CheckMetadataDocument, verify.Skipped, "")
		})
	}
	t.Run("U36 a tenant by host name", func(t *testing.T) {
		const tenant = "https://acme.github.io/client.json"
		p := newPlace(t, nil, map[string]string{tenant: fmt.Sprintf(
			`{"client_id":%q,"client_name":"Agent","redirect_uris":["https://evil.github.io/cb"]}`, tenant)}, nil)
		v := p.verify(t, verify.Presentation{ClientID: tenant})
		if domain := v.Publisher.Domain(); domain != "evil.github.io" {
			t.Errorf("the codes go to evil.github.io, and %s is named\n%s", domain, findings(v))
		}
	})
}

// This service and the countersigners that it trusts publish no clients, and are
// not asked for any.
func TestOwnHost(t *testing.T) {
	t.Run("U37 a document on the service's own host", func(t *testing.T) {
		p := newPlace(t, []string{"countersigner: https://acme.example"}, map[string]string{
			vectortest.DocumentURL: plainDocument(vectortest.DocumentURL, "")}, nil)
		want(t, p.verify(t, named), verify.Rejected, metadata.ReasonPublisherIsCountersigner)
		p.wantPackets(t, 0, 0)
	})
}

// No address that a client names is fetched, and one that is not its publisher's
// is not handed on.
func TestAddressesAreNotFetched(t *testing.T) {
	foreign := map[string]string{"logo_uri": "https://169.254.169.254/logo.png", "client_uri": "https://evil.example/",
		"sector_identifier_uri": "https://10.0.0.1/", "backchannel_logout_uri": "http://127.0.0.1:6379/", "policy_uri#de": "javascript:x"}
	members, err := json.Marshal(foreign)
	if err != nil {
		t.Fatal(err)
	}
	p := documentPlace(t, ","+string(members[1:len(members)-1])+`,"tos_uri":"https://acme.example/tos"`)
	v := p.verify(t, named)
	want(t, v, verify.Verified, "")
	p.wantPackets(t, 0, 1)
	c, _ := v.Client()
	written, err := c.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(written, &got); err != nil {
		t.Fatal(err)
	}
	for name := range foreign {
		if got[name] != nil {
			t.Errorf("R15, R14 %s came through", name)
		}
	}
	if got["tos_uri"] == nil {
		t.Error("R16 the publisher's own address did not come through")
	}
}

// A copy that an operator pinned counts while it stands; that the address answers
// again is seen within a minute, and the finding says whose copy it was.
func TestPinnedCopy(t *testing.T) {
	end := vectortest.DrawnNow.Add(24 * time.Hour)
	for name, c := range map[string]struct{ now, until time.Time }{
		"for long":               {vectortest.DrawnNow, vectortest.DrawnNow.Add(time.Minute)},
		"for a second more":      {end.Add(-61 * time.Second), end.Add(-time.Second)},
		"for less than a minute": {end.Add(-30 * time.Second), end},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, nil, nil, func(cfg *verify.Config) {
				cfg.Fetcher = freshCopy{pinnedCopy(plainDocument(vectortest.DocumentURL, ""))}
			})
			p.after(c.now.Sub(vectortest.DrawnNow))
			v := p.verify(t, named)
			want(t, v, verify.Verified, "")
			seen := verify.Evidence{Source: "pinned by ada until " + end.Format(time.RFC3339), Name: vectortest.DocumentURL, SeenAt: c.now, ValidUntil: c.until}
			if f, _ := v.Finding(verify.CheckMetadataDocument); f.Evidence != seen {
				t.Errorf("evidence %+v, want %+v", f.Evidence, seen)
			}
			if !v.ValidUntil().Equal(c.until) {
				t.Errorf("valid until %s, want %s", v.ValidUntil(), c.until)
			}
		})
	}
}

// freshCopy is a copy that says of itself that it holds for an hour.
type freshCopy struct{ pinnedCopy }

func (c freshCopy) Fetch(ctx context.Context, url string, limit int) (verify.Resource, error) {
	r, err := c.pinnedCopy.Fetch(ctx, url, limit)
	r.Fresh = time.Hour
	return r, err
}

func TestDocumentWithoutFetcher(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) { cfg.Fetcher = nil })
	want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
}

// A memory that fails costs the withdrawal and nothing else, and an operator is
// told.
func TestBrokenMemoryOfDocuments(t *testing.T) {
	p := documentPlace(t, "")
	cfg, err := p.Config()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cfg.Fetcher, cfg.Now, cfg.Memory, cfg.Logger = p, p.clock, forgetful{}, slog.New(slog.NewTextHandler(&log, nil))
	verifier, err := verify.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.verifier = verifier
	want(t, p.verify(t, named), verify.Verified, "")
	wantWarning(t, &log)
	p.Answer(vectortest.DocumentURL, "404")
	p.after(time.Hour)
	want(t, p.verify(t, named), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
	wantWarning(t, &log)
}

// wantWarning fails unless the log warns of a memory that fails, and empties it.
func wantWarning(t *testing.T, log *bytes.Buffer) {
	t.Helper()
	if text := log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, errForgotten.Error()) {
		t.Errorf("an operator reads %q", text)
	}
	log.Reset()
}

var errForgotten = errors.New("the disk is gone")

type forgetful struct{ verify.Memory }

func (forgetful) Missing(context.Context, metadata.ClientID, time.Time) (time.Time, error) {
	return time.Time{}, errForgotten
}

func (forgetful) Found(context.Context, metadata.ClientID) error { return errForgotten }
