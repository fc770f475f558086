package verify_test

import (
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A countersigner is never a publisher, neither where the codes go to its host.
func TestCountersignerIsNoDelivery(t *testing.T) {
	client := &metadata.Client{ClientName: "X", RedirectURIs: []string{"https://acme.example/callback"}}
	for name, countersigners := range map[string][]metadata.Publisher{"another": {vectortest.Other}, "its host": {vectortest.Acme, vectortest.Other}} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, nil, nil, func(cfg *verify.Config) { cfg.Countersigners = countersigners })
			v := p.verify(t, verify.Presentation{Client: client})
			want(t, v, verify.Verified, "")
			if other := len(countersigners) == 1; v.Passed(verify.CheckDelivery) != other || v.Publisher.IsZero() == other {
				t.Errorf("the publisher is %q\n%s", v.Publisher, findings(v))
			}
		})
	}
}
