package verify_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
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
	p := newPlace(t, []string{"dns: secure"}, files, nil).remembering(t)
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
	show("a.evil.example", first)
	show("b.evil.example", first) // which costs nothing
	show("c.evil.example", second)
	if got := remembered(append(firstKeys, secondKeys...)); got != limits.ExposedKeys {
		t.Errorf("of one domain %d keys are remembered, want %d", got, limits.ExposedKeys)
	}
	elsewhere, elsewhereKeys := secrets(some)
	show("a.other.example", elsewhere)
	if got := remembered(elsewhereKeys); got != some {
		t.Errorf("of another domain %d keys are remembered, want %d", got, some)
	}
	p.after(24 * time.Hour)
	show("d.evil.example", second)
	if got := remembered(secondKeys); got != limits.ExposedKeys {
		t.Errorf("a day later %d keys are remembered, want %d", got, limits.ExposedKeys)
	}
	t.Run("K5 a host's own key is always remembered", func(t *testing.T) {
		stated := verify.Presentation{Statement: statement(t, nil)}
		want(t, p.verify(t, stated), verify.Verified, "")
		tenant, _ := secrets(limits.ExposedKeys)
		show("tenant.acme.example", tenant)
		p.after(time.Hour)
		own, ownKeys := secrets(1)
		show("acme.example", append(own, secretJWK(vectortest.Genuine, vectortest.Genuine)))
		if got := remembered(ownKeys); got != 0 {
			t.Error("the domain's day is not used up")
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
