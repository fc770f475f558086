package verify_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

// No packet leaves for a statement whose form is wrong.
func TestFormCostsNoPacket(t *testing.T) {
	wrong := 0
	for _, vector := range testvectors.Load("statement") {
		world, err := vectortest.New(vector)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := world.Config()
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := verify.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		v, err := verifier.Verify(t.Context(), verify.Presentation{Statement: string(vector.Files["statement.jws"]),
			Audience: vector.Get("audience"), At: vector.Now})
		if err != nil {
			t.Fatal(err)
		}
		if v.Passed(verify.CheckForm) || v.Outcome != verify.Rejected {
			continue
		}
		if f, _ := v.Finding(verify.CheckForm); f.Reason == metadata.ReasonAudienceMismatch {
			continue // known only from authenticated claims
		}
		wrong++
		if queries, fetches := world.Packets(); queries+fetches > 0 {
			t.Errorf("%s: %s, and yet %d DNS questions and %d fetches", name(vector), v.Reason(), queries, fetches)
		}
	}
	if wrong < 50 {
		t.Errorf("only %d vectors with a wrong form: have they moved?", wrong)
	}
}

// One verification asks at most three documents and four names, and checks at
// most two signatures, whatever comes. For the names internal/dnsx sends at most 18
// questions, and internal/fetch two for each host of a document: 24 in all.
func TestWorkIsBounded(t *testing.T) {
	const mostFetches = 3 // metadata document, publisher document, one foreign host's
	const mostSignatures = 2
	var mostSeen [3]int
	rapid.Check(t, func(t *rapid.T) {
		d := vectortest.Draw(t)
		cfg, err := d.Config()
		if err != nil {
			t.Fatal(err)
		}
		verifier, err := verify.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		signatures := 0
		verify.CountSignatures(verifier, func() { signatures++ })
		v, err := verifier.Verify(t.Context(), d.Presentation)
		if err != nil {
			t.Fatal(err)
		}
		queries, fetches := cfg.Resolver.(*vectortest.World).Packets()
		if queries > limits.WalkNames || fetches > mostFetches || signatures > mostSignatures {
			t.Fatalf("%d DNS questions, %d fetches, %d signatures\n%v\n%s", queries, fetches, signatures, d.Labels, findings(v))
		}
		mostSeen = [3]int{max(mostSeen[0], queries), max(mostSeen[1], fetches), max(mostSeen[2], signatures)}
	})
	if mostSeen[1] < mostFetches || mostSeen[2] == 0 {
		t.Errorf("at most %v were ever made: the bound was not tried", mostSeen)
	}
}

// The walk from a deep host stops at four names, and before the public suffix.
func TestWalkIsBounded(t *testing.T) {
	p := newPlace(t, nil, nil, nil)
	deep := metadata.MustPublisher("https://a.b.c.d.e.f.acme.example")
	v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
		s.Publisher = deep
		s.Client.RedirectURIs = []string{"https://a.b.c.d.e.f.acme.example/cb"}
	})})
	want(t, v, verify.Rejected, metadata.ReasonPublisherUnknown)
	p.wantPackets(t, limits.WalkNames, 1)
}

// TestTamper changes every character of a genuine statement, one at a time.
func TestTamper(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	genuine := statement(t, nil)
	want(t, p.verify(t, verify.Presentation{Statement: genuine}), verify.Verified, "")
	for i := range len(genuine) {
		for _, c := range []byte("A_.=\n\x00") {
			changed := []byte(genuine)
			if changed[i] == c {
				continue
			}
			changed[i] = c
			if v := p.verify(t, verify.Presentation{Statement: string(changed)}); v.Outcome == verify.Verified {
				t.Errorf("verified with character %d turned from %q to %q", i, genuine[i], c)
			}
		}
		if v := p.verify(t, verify.Presentation{Statement: genuine[:i]}); v.Outcome == verify.Verified {
			t.Errorf("verified when cut to %d characters", i)
		}
	}
}

// FuzzVerify looks for a text that verifies and that nobody signed, and for one
// that stops the verifier.
func FuzzVerify(f *testing.F) {
	seeds := testvectors.Load("statement")
	if len(seeds) == 0 {
		f.Fatal("no vectors of kind statement: have they moved?")
	}
	var base testvectors.Vector
	signed := map[string]bool{}
	for _, vector := range seeds {
		text := string(vector.Files["statement.jws"])
		signed[text] = true
		f.Add(text)
		if vector.ID == "form/base" {
			base = vector
		}
	}
	verifier := verifierOf(f, base)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := verifier.Verify(t.Context(), verify.Presentation{Statement: text, At: base.Now})
		if err != nil {
			t.Fatal(err)
		}
		if v.Outcome == verify.Verified && !signed[text] {
			t.Fatalf("verified: %q", text)
		}
		if v.Outcome == verify.Verified != (v.Reason() == "") {
			t.Fatalf("%s for %q", v.Outcome, v.Reason())
		}
		if _, err := v.MarshalJSON(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzTamper looks for a change of a verified statement that still verifies.
func FuzzTamper(f *testing.F) {
	type genuine struct {
		text     string
		vector   testvectors.Vector
		verifier *verify.Verifier
	}
	var statements []genuine
	for _, vector := range testvectors.Load("statement") {
		if outcome, _ := vector.Expectation(); outcome != "verified" || vector.Get("client_id") != "" {
			continue
		}
		statements = append(statements, genuine{string(vector.Files["statement.jws"]), vector, verifierOf(f, vector)})
	}
	if len(statements) == 0 {
		f.Fatal("no verified vectors: have they moved?")
	}
	for i := range statements {
		f.Add(i, i*37, byte('A'))
	}
	f.Fuzz(func(t *testing.T, which, at int, c byte) {
		g := statements[uint(which)%uint(len(statements))]
		changed := []byte(g.text)
		at = int(uint(at) % uint(len(changed)))
		if changed[at] == c {
			return
		}
		changed[at] = c
		v, err := g.verifier.Verify(t.Context(), verify.Presentation{Statement: string(changed), At: g.vector.Now, Audience: g.vector.Get("audience")})
		if err != nil {
			t.Fatal(err)
		}
		if v.Outcome == verify.Verified {
			t.Fatalf("%s verified with byte %d turned into %q", g.vector.ID, at, c)
		}
	})
}

func verifierOf(tb testing.TB, vector testvectors.Vector) *verify.Verifier {
	tb.Helper()
	world, err := vectortest.New(vector)
	if err != nil {
		tb.Fatal(err)
	}
	cfg, err := world.Config()
	if err != nil {
		tb.Fatal(err)
	}
	verifier, err := verify.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return verifier
}
