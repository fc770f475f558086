package issuer

import (
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A document that cannot be fetched while its statement is at hand costs the
// tier signed and no more: an acceptance of the publisher survives the outage.
func TestOutageOfTheSite(t *testing.T) {
	loose := func(s *metadata.Statement) { s.Client.RedirectURIs = []string{"http://127.0.0.1/callback"} }
	for name, c := range map[string]struct {
		change   func(*metadata.Statement)
		accepted bool
		up, down Tier
	}{
		"web":             {nil, false, TierSigned, TierDomain},
		"loose":           {loose, false, TierDomain, TierDomain},
		"web, accepted":   {nil, true, TierAccepted, TierAccepted},
		"loose, accepted": {loose, true, TierAccepted, TierAccepted},
	} {
		t.Run(name, func(t *testing.T) {
			statement := stated(t, vectortest.Genuine, func(s *metadata.Statement) {
				s.Client.ClientID = vectortest.DocumentURL
				if c.change != nil {
					c.change(s)
				}
			})
			client := agent(statement)
			client.ClientID = vectortest.DocumentURL
			if c.change != nil {
				client.RedirectURIs = []string{"http://127.0.0.1/callback"}
			}
			document, err := client.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			files := signedZone("")
			files[vectortest.DocumentURL] = string(document)
			for http, want := range map[string]Tier{"": c.up, vectortest.DocumentURL + " timeout": c.down} {
				header := map[string][]string{"dns": {"secure"}}
				if http != "" {
					header["http"] = []string{http}
				}
				var standing Standing
				if c.accepted {
					standing.Acceptances = []Acceptance{acceptance(nil)}
				}
				o := newOffice(t, header, files, nil)
				v, err := o.cfg.Verifier.Verify(t.Context(), verify.Presentation{ClientID: vectortest.DocumentURL, Statement: statement})
				if err != nil {
					t.Fatal(err)
				}
				d := Standard().Decide(Input{Verdict: v, Claimed: v.Claimed(), Standing: standing})
				wantDecision(t, d, Approved, want, "")
				if (d.Acceptance != nil) != (d.Tier >= TierAccepted) {
					t.Errorf("tier %s, acceptance %+v", d.Tier, d.Acceptance)
				}
			}
		})
	}
}
