package verify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// displayName returns the findings of the check, one a line.
func displayName(v *verify.Verdict) string {
	var lines []string
	for _, f := range v.Findings {
		if f.Check == verify.CheckDisplayName {
			lines = append(lines, strings.TrimSpace(f.Status.String()+" "+string(f.Reason)+" "+f.Detail))
		}
	}
	return strings.Join(lines, "\n")
}

// Each name and host of a client is compared, those of a client without publisher
// too, and what is found is told with what it looks like, and how.
func TestResemblance(t *testing.T) {
	const flagged = "failed name_resembles_protected "
	for name, tt := range map[string]struct {
		client metadata.Client
		want   string
	}{
		"nothing": {metadata.Client{ClientName: "Agent", RedirectURIs: []string{"https://stranger.com/cb"}}, "passed"},
		"no name": {metadata.Client{RedirectURIs: []string{"https://stranger.com/cb"}}, "skipped  no name"},
		"R18 a name": {metadata.Client{ClientName: "Claude", RedirectURIs: []string{"https://stranger.com/cb"}},
			flagged + "resembles Claude, known from claude.ai: it looks the same"},
		"R18 the publisher's host": {metadata.Client{ClientName: "Agent", RedirectURIs: []string{"https://claude-login.com/cb"}},
			flagged + `claude-login.com resembles Claude, known from claude.ai: it has the word "claude" in it`},
		"R18 both": {metadata.Client{ClientName: "ChatGPT", RedirectURIs: []string{"https://login.claude.ai.stranger.com/cb"}},
			flagged + "resembles ChatGPT, known from chatgpt.com: it looks the same\n" +
				flagged + "login.claude.ai.stranger.com resembles claude.ai: it has that in front of another domain"},
		"R18 one of the hosts, of no publisher": {metadata.Client{ClientName: "Claude", RedirectURIs: []string{"https://a.com/", "http://127.0.0.1/", "https://perplxety.ai/"}},
			flagged + "perplxety.ai resembles perplexity.ai: two letters apart"},
		"R18 the first of its names": {metadata.Client{ClientName: "Claude", More: map[string]json.RawMessage{"client_name#de": json.RawMessage(`"ChatGPT"`)}, RedirectURIs: []string{"https://stranger.com/cb"}},
			flagged + "resembles Claude, known from claude.ai: it looks the same"},
		"R18 the first of its hosts": {metadata.Client{ClientName: "Agent", RedirectURIs: []string{"https://perplxety.ai/", "https://claude-login.com/"}},
			flagged + "perplxety.ai resembles perplexity.ai: two letters apart"},
		"the vendor": {metadata.Client{ClientName: "Claude", RedirectURIs: []string{"https://claude.ai/api/mcp/auth_callback"}}, "passed"},
	} {
		t.Run(name, func(t *testing.T) {
			got := newPlace(t, nil, nil, nil).verify(t, verify.Presentation{Client: &tt.client})
			if said := displayName(got); said != tt.want || got.Outcome != verify.Verified {
				t.Errorf("%s:\n%s\nwant\n%s", got.Outcome, said, tt.want)
			}
		})
	}
	t.Run("R18 the publisher's host, of codes that stay on this machine", func(t *testing.T) {
		publisher := metadata.MustPublisher("https://claude-login.com")
		pins := map[string]string{"roots.json": fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, publisher, vectortest.Genuine.Key.JWK())}
		got := newPlace(t, nil, pins, nil).verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
			s.Publisher, s.Client.RedirectURIs = publisher, []string{"http://127.0.0.1/callback"}
		})})
		if said := displayName(got); said != flagged+`claude-login.com resembles Claude, known from claude.ai: it has the word "claude" in it` {
			t.Errorf("%s %s: %s", got.Outcome, got.Reason(), said)
		}
	})
	t.Run("this machine is no host of anybody's", func(t *testing.T) {
		tunnels := metadata.NewProtected([]metadata.ProtectedName{{Name: "Localhost Tunnels", Domains: []string{"localhost.run"}}}, nil)
		p := newPlace(t, nil, nil, func(cfg *verify.Config) { cfg.Protected = func() *metadata.Protected { return tunnels } })
		for uri, want := range map[string]string{"http://localhost/callback": "passed", "https://localhost-login.com/callback": flagged} {
			got := p.verify(t, verify.Presentation{Client: &metadata.Client{ClientName: "Agent", RedirectURIs: []string{uri}}})
			if said := displayName(got); !strings.HasPrefix(said, want) {
				t.Errorf("%s: %q, want %q", uri, said, want)
			}
		}
	})
	t.Run("U10 the host of a document", func(t *testing.T) {
		const url = "https://anthropic.stranger.com/c.json"
		got := newPlace(t, nil, map[string]string{url: plainDocument(url, "")}, nil).verify(t, verify.Presentation{ClientID: url})
		if said := displayName(got); !strings.Contains(said, `anthropic.stranger.com resembles anthropic.com: it has the word "anthropic" in it`) {
			t.Errorf("%s %s: %s", got.Outcome, got.Reason(), said)
		}
	})
}

// What is protected may change: no answer by an older list is kept, also not of a
// statement that is known to verify.
func TestProtectedChanges(t *testing.T) {
	var now atomic.Pointer[metadata.Protected]
	v := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) { cfg.Protected = now.Load })
	signed := statement(t, nil)
	plain := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}}
	check := func(want string) {
		t.Helper()
		for _, p := range []verify.Presentation{{Statement: signed}, {Client: &plain}} {
			got := v.verify(t, p)
			if said := displayName(got); !strings.HasPrefix(said, want) {
				t.Errorf("%s %s: %q, want %q", got.Outcome, got.Reason(), said, want)
			}
		}
	}
	check("passed") // the embedded list stands for none
	names := func(domain string) *metadata.Protected {
		return metadata.NewProtected(nil, []metadata.ProtectedName{{Name: "ACME AGENT", Domains: []string{domain}}})
	}
	now.Store(names("real-acme.com"))
	check("failed name_resembles_protected resembles ACME AGENT, known from real-acme.com")
	check("failed name_resembles_protected resembles ACME AGENT, known from real-acme.com")
	now.Store(names("acme.example"))
	check("passed")
}
