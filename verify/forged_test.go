package verify_test

import (
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Whoever forges one answer ends no key for good: a publisher document that never
// had the key says nothing of it.
func TestForgedRevocationPasses(t *testing.T) {
	document := map[string]string{vectortest.Acme.PublisherDocumentURL(): publisherDocument("")}
	withRecord := func(record string) map[string]string {
		files := map[string]string{"dns.zone": zone(record)}
		for address, text := range document {
			files[address] = text
		}
		return files
	}
	forged := newPlace(t, []string{"dns: insecure"}, withRecord(revokedRecord), nil)
	remembering := func(cfg *verify.Config) { cfg.Memory = forged.World }
	presented := verify.Presentation{Statement: statement(t, nil)}
	p := newPlace(t, []string{"dns: insecure"}, withRecord(revokedRecord), remembering)
	want(t, p.verify(t, presented), verify.Rejected, metadata.ReasonKeyRevoked)
	t.Run("D36 the true record is back", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, withRecord(record(vectortest.Genuine)), remembering)
		p.after(time.Hour)
		want(t, p.verify(t, presented), verify.Verified, "")
	})
	t.Run("K20 the record was true, as a second source says", func(t *testing.T) {
		p := newPlace(t, []string{"dns: corroborated"}, withRecord(revokedRecord), remembering)
		want(t, p.verify(t, presented), verify.Rejected, metadata.ReasonKeyRevoked)
		p = newPlace(t, []string{"dns: secure"}, withRecord(record(vectortest.Genuine)), remembering)
		p.after(time.Hour)
		want(t, p.verify(t, presented), verify.Rejected, metadata.ReasonKeyRevoked)
	})
}
