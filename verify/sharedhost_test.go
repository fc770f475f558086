package verify_test

import (
	"fmt"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Of a host on which strangers publish by path nobody is the publisher by what
// the host serves.
func TestHostSharedByPathPublishesNothing(t *testing.T) {
	shared := metadata.MustPublisher("https://storage.googleapis.com")
	served := map[string]string{shared.PublisherDocumentURL(): fmt.Sprintf(`{"publisher":%q,"keys":[%s]}`, shared, vectortest.Genuine.Key.JWK())}
	p := newPlace(t, []string{"dns: secure"}, served, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
		s.Publisher = shared
		s.Client.RedirectURIs = []string{"https://storage.googleapis.com/bucket/callback"}
	})})
	want(t, v, verify.Rejected, metadata.ReasonPublisherUnknown)
	p.wantPackets(t, 1, 0)
}
