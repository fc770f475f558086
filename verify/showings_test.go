package verify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A stranger makes keys for nothing, and has any number of addresses to show them
// at: it has few of them remembered, and nobody else's forgotten for that.
func TestExposuresOfOneDomainAreBounded(t *testing.T) {
	files := map[string]string{"dns.zone": liveZone["dns.zone"]}
	var log bytes.Buffer
	memory := failing{on: new(string)}
	p := newPlace(t, []string{"dns: secure"}, files, func(cfg *verify.Config) {
		memory.Memory = cfg.Resolver.(*place).World
		cfg.Memory, cfg.Logger = memory, slog.New(slog.NewTextHandler(&log, nil))
	})
	logged := func(text string) {
		t.Helper()
		if got := log.String(); !strings.Contains(got, text) || text == "" && got != "" {
			t.Errorf("an operator reads %q, want %q", got, text)
		}
		log.Reset()
	}
	made := uint64(0)
	secrets := func(n int) (jwks, thumbprints []string) {
		for range n {
			made++
			seed := binary.BigEndian.AppendUint64(make([]byte, ed25519.SeedSize-8), made)
			key, err := jose.FromPublic("k", ed25519.NewKeyFromSeed(seed).Public())
			if err != nil {
				t.Fatal(err)
			}
			jwks = append(jwks, strings.TrimSuffix(string(key.JWK()), "}")+`,"d":"`+base64.RawURLEncoding.EncodeToString(seed)+`"}`)
			thumbprints = append(thumbprints, key.Thumbprint())
		}
		return jwks, thumbprints
	}
	// show has the document of a host served and looked at.
	show := func(host string, jwks []string) {
		t.Helper()
		publisher, err := metadata.PublisherOf(host)
		if err != nil {
			t.Fatal(err)
		}
		p.Serve(publisher.PublisherDocumentURL(), []byte(exposing(publisher, strings.Join(jwks, ","))[publisher.PublisherDocumentURL()]))
		p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) { s.Publisher = publisher })})
	}
	remembered := func(thumbprints []string) int {
		t.Helper()
		list, err := p.Exposed(t.Context(), thumbprints)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	const some = 10
	first, firstKeys := secrets(some)
	second, secondKeys := secrets(limits.ExposedKeys)
	show("a.evil.example", append(first, first...)) // each counts once
	show("b.evil.example", first)                   // which costs nothing
	logged("")
	show("c.evil.example", second)
	logged(fmt.Sprintf("more than %d new ones in a day", limits.ExposedKeys))
	if got := remembered(append(firstKeys, secondKeys...)); got != limits.ExposedKeys {
		t.Errorf("of one domain %d keys are remembered, want %d", got, limits.ExposedKeys)
	}
	elsewhere, elsewhereKeys := secrets(some)
	show("a.other.example", elsewhere)
	if got := remembered(elsewhereKeys); got != some {
		t.Errorf("of another domain %d keys are remembered, want %d", got, some)
	}
	for name, on := range map[string]string{"the host's own keys": "see", "what is shown": "expose"} {
		t.Run("a memory that fails with "+name, func(t *testing.T) {
			*memory.on = on
			defer func() { *memory.on = "" }()
			show(on+".evil.example", second)
			logged(errForgotten.Error())
		})
	}
	p.after(24 * time.Hour)
	show("d.evil.example", second)
	logged("")
	if got := remembered(secondKeys); got != limits.ExposedKeys {
		t.Errorf("a day later %d keys are remembered, want %d", got, limits.ExposedKeys)
	}
	t.Run("K5 a host's own key is always remembered", func(t *testing.T) {
		stated := verify.Presentation{Statement: statement(t, nil)}
		want(t, p.verify(t, stated), verify.Verified, "")
		standby := vectortest.Foreign.Key.Thumbprint()
		if _, err := p.See(t.Context(), vectortest.Acme, []verify.PublishedKey{{KeyID: "standby", Thumbprint: standby}}, p.clock()); err != nil {
			t.Fatal(err)
		}
		tenant, _ := secrets(limits.ExposedKeys)
		show("tenant.acme.example", tenant)
		p.after(time.Hour)
		own, ownKeys := secrets(1)
		show("acme.example", append(own, secretJWK(vectortest.Genuine, vectortest.Genuine)))
		if got := remembered(ownKeys); got != 0 {
			t.Error("the domain's day is not used up")
		}
		if got := remembered([]string{standby}); got != 0 {
			t.Error("a key of the host is remembered that was not shown")
		}
		p.Answer(vectortest.Acme.PublisherDocumentURL(), "404")
		p.after(time.Hour)
		v := p.verify(t, stated)
		want(t, v, verify.Rejected, metadata.ReasonKeyExposed)
		if f, _ := v.Finding(verify.CheckKeyLine); f.Evidence.Source != "memory" {
			t.Errorf("it is refused for what is shown now: %s", fmt.Sprint(f))
		}
	})
}

// failing is a memory that fails at what on says.
type failing struct {
	verify.Memory
	on *string
}

func (f failing) See(ctx context.Context, p metadata.Publisher, keys []verify.PublishedKey, at time.Time) ([]verify.Sighting, error) {
	if *f.on == "see" {
		return nil, errForgotten
	}
	return f.Memory.See(ctx, p, keys, at)
}

func (f failing) Expose(ctx context.Context, thumbprints []string, at time.Time) error {
	if *f.on == "expose" {
		return errForgotten
	}
	return f.Memory.Expose(ctx, thumbprints, at)
}
