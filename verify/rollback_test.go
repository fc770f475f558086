package verify_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// aged is acme's statement for its document, so many hours old, and the document
// that holds it.
func aged(t *testing.T, hours int) (signed, document string) {
	t.Helper()
	signed = statement(t, func(s *metadata.Statement) {
		inDocument(s)
		s.IssuedAt = vectortest.DrawnNow.Unix() - int64(hours)*3600
	})
	return signed, plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"software_statement":%q`, signed))
}

// rollbackPlace is a place with a memory, whose document has served a statement of
// five hours ago, and then one of an hour ago.
func rollbackPlace(t *testing.T) *place {
	t.Helper()
	_, old := aged(t, 5)
	_, newer := aged(t, 1)
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.DocumentURL: old}, nil).remembering(t)
	want(t, p.verify(t, named), verify.Verified, "")
	p.serve(newer)
	want(t, p.verify(t, named), verify.Verified, "")
	return p
}

// serve has acme's document be another from now on, with nothing in a cache.
func (p *place) serve(document string) {
	p.Serve(vectortest.DocumentURL, []byte(document))
	p.after(10 * time.Minute)
}

func TestRollback(t *testing.T) {
	p := rollbackPlace(t)
	_, between := aged(t, 3)
	signed, old := aged(t, 5)
	_, newer := aged(t, 1)
	_, newest := aged(t, 0)
	rejected := func(t *testing.T, v *verify.Verdict) {
		t.Helper()
		want(t, v, verify.Rejected, metadata.ReasonStatementRollback)
		wantFinding(t, v, verify.CheckMetadataDocument, verify.Failed, metadata.ReasonStatementRollback)
	}
	t.Run("O13 the document goes back", func(t *testing.T) {
		for _, document := range []string{old, between} {
			p.serve(document)
			rejected(t, p.verify(t, named))
			rejected(t, p.remembering(t).verify(t, named))
		}
	})
	t.Run("O13 a registration with the statement that the document has gone back to", func(t *testing.T) {
		p.serve(old)
		client := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}, SoftwareStatement: signed}
		rejected(t, p.verify(t, verify.Presentation{Client: &client}))
	})
	t.Run("O13 an older copy in hand while the document cannot be had", func(t *testing.T) {
		p.Answer(vectortest.DocumentURL, "503")
		p.after(10 * time.Minute)
		want(t, p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, Statement: signed}), verify.Rejected, metadata.ReasonStatementRollback)
		p.Answer(vectortest.DocumentURL, "")
	})
	t.Run("O13 a copy that was shipped is no step back", func(t *testing.T) {
		shipped := statement(t, func(s *metadata.Statement) { s.IssuedAt -= 5 * 24 * 3600; s.ExpiresAt -= 5 * 24 * 3600 })
		client := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}, SoftwareStatement: shipped}
		want(t, p.verify(t, verify.Presentation{Client: &client}), verify.Verified, "")
		want(t, p.verify(t, verify.Presentation{Statement: signed}), verify.Verified, "")
	})
	t.Run("the same again, and a newer one", func(t *testing.T) {
		for _, document := range []string{newer, newest, newest} {
			p.serve(document)
			want(t, p.verify(t, named), verify.Verified, "")
		}
		p.serve(newer)
		rejected(t, p.verify(t, named))
	})
	t.Run("without a memory nothing is compared", func(t *testing.T) {
		blank := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.DocumentURL: newest}, nil)
		want(t, blank.verify(t, named), verify.Verified, "")
		blank.serve(old)
		want(t, blank.verify(t, named), verify.Verified, "")
	})
}

// What is remembered is what the address served to somebody who relied on it, and
// what was wrong with nothing.
func TestWhatIsNoStep(t *testing.T) {
	signed, newest := aged(t, 0)
	_, newer := aged(t, 1)
	for name, step := range map[string]func(t *testing.T, p *place){
		"O13 a dry run": func(t *testing.T, p *place) {
			p.serve(newest)
			want(t, p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, DryRun: true}), verify.Verified, "")
		},
		"O13 a copy in hand while the document cannot be had": func(t *testing.T, p *place) {
			p.Answer(vectortest.DocumentURL, "503")
			p.after(10 * time.Minute)
			want(t, p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL, Statement: signed}), verify.Verified, "")
			p.Answer(vectortest.DocumentURL, "")
		},
		"O13 an operator's copy": func(t *testing.T, p *place) {
			cfg, err := p.Config()
			if err != nil {
				t.Fatal(err)
			}
			cfg.Now, cfg.Memory, cfg.Fetcher = p.clock, p.World, pinnedCopy(newest)
			verifier, err := verify.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			v, err := verifier.Verify(t.Context(), named)
			if err != nil {
				t.Fatal(err)
			}
			want(t, v, verify.Verified, "")
		},
		"O13 a statement that does not verify": func(t *testing.T, p *place) {
			p.serve(plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"software_statement":%q`, signed[:len(signed)-8]+"AAAAAAAA")))
			if v := p.verify(t, named); v.Outcome != verify.Rejected {
				t.Errorf("a forgery is %s", v.Outcome)
			}
		},
		"O13 a statement that its publisher revoked": func(t *testing.T, p *place) {
			p.Serve(vectortest.Acme.PublisherDocumentURL(), []byte(publisherDocument(`,"revoked":["acme-agent-1"]`, vectortest.Genuine)))
			p.serve(newest)
			want(t, p.verify(t, named), verify.Rejected, metadata.ReasonStatementRevoked)
			p.Answer(vectortest.Acme.PublisherDocumentURL(), "404")
		},
		"O13 a statement with a key of the client that is exposed": func(t *testing.T, p *place) {
			jwks := `{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `]}`
			exposed := statement(t, func(s *metadata.Statement) {
				inDocument(s)
				s.IssuedAt = vectortest.DrawnNow.Unix()
				s.Client.TokenEndpointAuthMethod, s.Client.JWKS = "private_key_jwt", []byte(jwks)
			})
			if err := p.Expose(t.Context(), []string{vectortest.Foreign.Key.Thumbprint()}, vectortest.DrawnNow); err != nil {
				t.Fatal(err)
			}
			p.serve(plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"software_statement":%q`, exposed)))
			want(t, p.verify(t, named), verify.Rejected, metadata.ReasonKeyExposed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := rollbackPlace(t)
			step(t, p)
			p.serve(newer)
			want(t, p.verify(t, named), verify.Verified, "")
		})
	}
	t.Run("O13 a key in test mode", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Genuine) + "; t=y"), vectortest.DocumentURL: newest}, nil).remembering(t)
		want(t, p.verify(t, named), verify.Verified, "")
		p.serve(newer)
		want(t, p.verify(t, named), verify.Verified, "")
	})
}

// pinnedCopy is a fetcher that has an operator's copy of acme's document, and
// nothing else.
type pinnedCopy string

func (c pinnedCopy) Fetch(_ context.Context, url string, _ int) (verify.Resource, error) {
	if url != vectortest.DocumentURL {
		return verify.Resource{}, &verify.FetchError{Status: 404, Err: errForgotten}
	}
	return verify.Resource{Body: []byte(c), PinnedBy: "ada", PinnedUntil: vectortest.DrawnNow.Add(24 * time.Hour)}, nil
}

// One statement costs the memory one write, however often its document is read.
func TestKnownStatementIsNotWrittenAgain(t *testing.T) {
	_, document := aged(t, 1)
	_, newer := aged(t, 0)
	var writes []int64
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.DocumentURL: document},
		func(cfg *verify.Config) { cfg.Memory = written{cfg.Resolver.(*place).World, &writes} })
	for _, document := range []string{document, document, newer, newer} {
		p.serve(document)
		want(t, p.verify(t, named), verify.Verified, "")
	}
	if now := vectortest.DrawnNow.Unix(); !slices.Equal(writes, []int64{now - 3600, now}) {
		t.Errorf("written are %d, of statements of %d and %d", writes, now-3600, now)
	}
}

// written is a memory that keeps which statements it was told of.
type written struct {
	verify.Memory
	iats *[]int64
}

func (m written) Issued(ctx context.Context, p metadata.Publisher, id metadata.ClientID, iat int64) (int64, error) {
	if iat != 0 {
		*m.iats = append(*m.iats, iat)
	}
	return m.Memory.Issued(ctx, p, id, iat)
}

func TestBrokenMemoryOfStatements(t *testing.T) {
	_, document := aged(t, 1)
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.DocumentURL: document}, nil)
	for name, memory := range map[string]verify.Memory{
		"asked": unissued{p.World, true},
		"told":  unissued{p.World, false},
	} {
		cfg, err := p.Config()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Now, cfg.Memory = p.clock, memory
		verifier, err := verify.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := verifier.Verify(t.Context(), named); err == nil {
			t.Errorf("a memory that fails when it is %s: %s", name, v.Outcome)
		}
	}
}

// unissued is a memory that fails when it is asked, or told, how new a statement is.
type unissued struct {
	verify.Memory
	asked bool
}

func (m unissued) Issued(_ context.Context, _ metadata.Publisher, _ metadata.ClientID, iat int64) (int64, error) {
	if m.asked == (iat == 0) {
		return 0, errForgotten
	}
	return 0, nil
}
