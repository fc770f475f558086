package issuer

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/vectortest"
)

// What a policy changes is told by whom, by how much and with an example; dry runs
// are nobody's, and a policy changes nothing over itself.
func TestComparison(t *testing.T) {
	o := newOffice(t, secure, signedZone(""), nil)
	o.accept(t, acceptance(nil))
	signed := registration(agent(stated(t, vectortest.Genuine, nil)))
	stranger := agent("")
	stranger.ClientName, stranger.Scope, stranger.RedirectURIs = "Stranger", "files:read", []string{"http://127.0.0.1/cb"}
	dry := signed
	dry.DryRun = true
	decisions := []Decision{o.decide(t, signed), o.decide(t, registration(stranger)), o.decide(t, signed), o.decide(t, dry)}
	compare := func(before, after *Policy) string {
		c := Compare(before, after)
		for _, d := range decisions {
			c.Add(recorded(t, d))
		}
		text := fmt.Sprintf("%d same %d rise %d fall %d gain %d lose %d skipped %d not %d\n",
			c.Decisions, c.Same, c.Rises, c.Falls, c.Gains, c.Loses, c.DryRuns, c.NotReplayable)
		for _, g := range c.Changes() {
			text += fmt.Sprintf("%s %q rise %d fall %d gain %d lose %d lost %v gained %v as %d\n", g.Publisher, g.ClientName,
				g.Rises, g.Falls, g.Gains, g.Loses, g.Lost, g.Gained, indexOf(decisions, g.Example))
		}
		return text
	}
	reads := otherPolicy(t, "classes: [read, modify, delete]", "classes: [read]")
	short := otherPolicy(t, "statement_lifetime_days: 90", "statement_lifetime_days: 10")
	observed := changed(t, "tiers:\n", "resources:\n  - resource: https://mcp.example/\n    mode: observe\n    tools: {look: {scope: \"files:read\", class: read}}\ntiers:\n")
	for name, c := range map[string]struct {
		before, after *Policy
		want          string
	}{
		"itself": {Standard(), Standard(), "3 same 3 rise 0 fall 0 gain 0 lose 0 skipped 1 not 0\n"},
		"narrower": {Standard(), reads, "3 same 1 rise 0 fall 0 gain 0 lose 2 skipped 1 not 0\n" +
			`https://acme.example "Acme Agent" rise 0 fall 0 gain 0 lose 2 lost [{class delete 2} {class modify 2} {scope files:write 2}] gained [] as 0` + "\n"},
		"wider": {reads, Standard(), "3 same 1 rise 0 fall 0 gain 2 lose 0 skipped 1 not 0\n" +
			`https://acme.example "Acme Agent" rise 0 fall 0 gain 2 lose 0 lost [] gained [{class delete 2} {class modify 2} {scope files:write 2}] as 0` + "\n"},
		"refuses": {Standard(), short, "3 same 1 rise 0 fall 2 gain 0 lose 0 skipped 1 not 0\n" +
			`https://acme.example "Acme Agent" rise 0 fall 2 gain 0 lose 0 lost [{tier accepted -> denied (statement_lifetime_too_long) 2}] gained [] as 0` + "\n"},
		"admits": {short, Standard(), "3 same 1 rise 2 fall 0 gain 0 lose 0 skipped 1 not 0\n" +
			`https://acme.example "Acme Agent" rise 2 fall 0 gain 0 lose 0 lost [] gained [{denied (statement_lifetime_too_long) -> tier accepted 2}] as 0` + "\n"},
		"observed": {Standard(), observed, "3 same 0 rise 0 fall 0 gain 3 lose 0 skipped 1 not 0\n" +
			`https://acme.example "Acme Agent" rise 0 fall 0 gain 2 lose 0 lost [] gained [{no limits: it is only observed 2}] as 0` + "\n" +
			` "Stranger" rise 0 fall 0 gain 1 lose 0 lost [] gained [{grant type refresh_token 1} {no limits: it is only observed 1}] as 1` + "\n"},
		"enforced": {observed, Standard(), "3 same 0 rise 0 fall 0 gain 0 lose 3 skipped 1 not 0\n" +
			`https://acme.example "Acme Agent" rise 0 fall 0 gain 0 lose 2 lost [{no limits: it is only observed 2}] gained [] as 0` + "\n" +
			` "Stranger" rise 0 fall 0 gain 0 lose 1 lost [{grant type refresh_token 1} {no limits: it is only observed 1}] gained [] as 1` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, compare(c.before, c.after)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func indexOf(decisions []Decision, id string) int {
	for i, d := range decisions {
		if d.ID == id {
			return i
		}
	}
	return -1
}

// Names are strangers': they cannot fill the memory of whoever compares.
func TestComparisonIsBounded(t *testing.T) {
	c := Compare(Standard(), otherPolicy(t, "access_token_ttl: 3600", "access_token_ttl: 60"))
	d := Decision{Outcome: Approved, Client: agent(""), Asked: Asked{}}
	d.Grant.Scope, d.Client.ResponseTypes = "files:read", []string{"code"}
	for i := range groupsMost + 100 {
		d.ID, d.Asked.ClientName = fmt.Sprint(i), fmt.Sprint("client ", i)
		c.Add(d)
	}
	if n := len(c.Changes()); n != groupsMost+1 || c.Loses != groupsMost+100 {
		t.Errorf("%d groups, and %d decisions lose", n, c.Loses)
	}
}
