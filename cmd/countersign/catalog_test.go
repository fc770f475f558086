package main

import (
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/trustroots"
)

// TestCatalogShapes presents each client of the catalog whose shape is known:
// the shape of the decision is the one that the catalog has one accept, and
// accepting it lets the client in. Without that it is not let in: nothing in the
// catalog is accepted by default.
func TestCatalogShapes(t *testing.T) {
	for _, k := range trustroots.Starter().Clients() {
		shape, _ := k.Shape()
		if shape == "" {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			l := startLive(t)
			client := k.Client()
			request := `{"client":` + string(k.Metadata) + `}`
			if client.ClientID != "" {
				if client.JWKSURI != "" {
					l.world.Serve(client.JWKSURI, "application/json", newJWKS(t))
				}
				l.world.Serve(client.ClientID, "application/json", k.Metadata)
				request = `{"client_id":"` + client.ClientID + `"}`
			}
			d := l.decide(t, request)
			if d.Shape != shape {
				t.Errorf("the decision has shape %s, the catalog %s", d.Shape, shape)
			}
			if d.Tier >= issuer.TierAccepted || d.Acceptance != nil {
				t.Errorf("accepted by default: %s", d.Tier)
			}
			now := time.Now()
			yes := issuer.Acceptance{Shape: shape, By: issuer.ByOperator, Actor: "a test", Reason: "known", At: now.Add(-time.Minute), Until: now.Add(time.Hour)}
			if _, err := l.service.registry.Accept(t.Context(), yes); err != nil {
				t.Fatal(err)
			}
			if d := l.decide(t, request); d.Tier != issuer.TierAccepted || d.Acceptance == nil {
				t.Errorf("accepted by its shape it is %s", d.Tier)
			}
		})
	}
}
