package verify_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// The names that are asked for one publisher share its questions; the next
// publisher has its own, and who asks for no verification has no bound.
func TestQuestionsOfOnePublisher(t *testing.T) {
	const ofOneName = limits.DNSQuestions/limits.WalkNames + 1 // of all names together, more than there are
	sent := 0
	p := newPlace(t, nil, nil, func(cfg *verify.Config) {
		cfg.Resolver = resolverFunc(func(ctx context.Context, _ string) (verify.Answer, error) {
			for range ofOneName {
				if !verify.SpendQuestion(ctx) {
					return verify.Answer{}, errors.New("no question is left")
				}
				sent++
			}
			return verify.Answer{}, verify.ErrNoRecord
		})
	})
	for _, publisher := range []metadata.Publisher{metadata.MustPublisher("https://a.b.c.acme.example"), metadata.MustPublisher("https://a.b.c.other.example")} {
		sent = 0
		v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
			s.Publisher = publisher
			s.Client.RedirectURIs = []string{publisher.String() + "/callback"}
		})})
		want(t, v, verify.Inconclusive, metadata.ReasonDNSUnavailable)
		if sent != limits.DNSQuestions {
			t.Errorf("%d questions were sent for %s, want %d", sent, publisher, limits.DNSQuestions)
		}
	}
	for range 2 * limits.DNSQuestions {
		if !verify.SpendQuestion(t.Context()) {
			t.Fatal("a question of no verification is refused")
		}
	}
}
