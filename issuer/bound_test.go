package issuer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

const foreignDocument = "https://other.example/client.json"

// A stranger knows everything public of acme's: its statement, its document,
// its name. strangers are what he can send.
var strangers = map[string]func(t testing.TB, genuine string) Request{
	"O3 foreign redirect": func(_ testing.TB, genuine string) Request {
		c := agent(genuine)
		c.RedirectURIs = []string{"https://other.example/steal"}
		return registration(c)
	},
	"O3 foreign redirect beside the stated": func(_ testing.TB, genuine string) Request {
		c := agent(genuine)
		c.RedirectURIs = append(c.RedirectURIs, "http://127.0.0.1/steal")
		return registration(c)
	},
	"O3 foreign keys": func(_ testing.TB, genuine string) Request {
		c := agent(genuine)
		c.TokenEndpointAuthMethod = metadata.AuthPrivateKeyJWT
		c.JWKS = json.RawMessage(`{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `]}`)
		c.GrantTypes = []string{metadata.GrantClientCredentials}
		return registration(c)
	},
	"O3 foreign jwks_uri": func(_ testing.TB, genuine string) Request {
		c := agent(genuine)
		c.TokenEndpointAuthMethod, c.JWKSURI = metadata.AuthPrivateKeyJWT, "https://other.example/jwks.json"
		return registration(c)
	},
	"O3 another name": func(_ testing.TB, genuine string) Request {
		c := agent(genuine)
		c.ClientName = "Other Agent"
		return registration(c)
	},
	"O3 another software_id": func(_ testing.TB, genuine string) Request {
		c := agent(genuine)
		c.SoftwareID = "other"
		return registration(c)
	},
	"O8 more scope": func(_ testing.TB, genuine string) Request {
		c := agent(genuine)
		c.Scope = "files:read files:delete admin"
		return registration(c)
	},
	"forged": func(t testing.TB, _ string) Request { return registration(agent(stated(t, vectortest.Foreign, nil))) },
	"forged, with its key": func(t testing.TB, _ string) Request {
		return registration(agent(stated(t, vectortest.Foreign, func(s *metadata.Statement) {
			s.Client.JWKS = json.RawMessage(`{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `]}`)
		})))
	},
	"J52 another publisher's statement": func(t testing.TB, _ string) Request {
		return registration(agent(stated(t, vectortest.Foreign, func(s *metadata.Statement) { s.Publisher = vectortest.Other })))
	},
	"document elsewhere": func(testing.TB, string) Request { return Request{ClientID: foreignDocument} },
	"name alone": func(testing.TB, string) Request {
		c := agent("")
		c.RedirectURIs = []string{"https://other.example/steal"}
		return registration(c)
	},
	"name on this computer": func(testing.TB, string) Request {
		c := agent("")
		c.RedirectURIs = []string{"http://127.0.0.1/steal"}
		return registration(c)
	},
	"copy without statement": func(testing.TB, string) Request { return registration(agent("")) },
	"junk":                   func(testing.TB, string) Request { return registration(agent(strings.Repeat("A", 20000))) },
}

// TestDecisionsBound: whatever strangers send in between, in one service with
// one memory and one cache, the genuine client's decision stays what it was,
// and nobody gets codes or tokens in acme's name but acme.
func TestDecisionsBound(t *testing.T) {
	seen := map[string]int{}
	names := make([]string, 0, len(strangers))
	for name := range strangers {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(rt *rapid.T) {
		header := map[string][]string{"dns": {rapid.SampledFrom([]string{"secure", "insecure", "corroborated"}).Draw(rt, "dns")}}
		genuine := stated(t, vectortest.Genuine, nil)
		elsewhere := agent(genuine)
		elsewhere.ClientID = foreignDocument
		document, err := elsewhere.MarshalJSON()
		if err != nil {
			rt.Fatal(err)
		}
		o := newOffice(t, header, map[string]string{"dns.zone": keyRecords(""), foreignDocument: string(document)}, nil)
		switch rapid.SampledFrom([]string{"nobody", "by name", "by a review"}).Draw(rt, "accepted") {
		case "by name":
			if _, err := o.Accept(t.Context(), acceptance(nil)); err != nil {
				rt.Fatal(err)
			}
		case "by a review":
			_, r := o.asked(t, registration(agent(genuine)))
			o.approve(t, r.ID)
		}
		visit := func() {
			name := rapid.SampledFrom(names).Draw(rt, "stranger")
			seen[name]++
			if err := o.wrongly(t, strangers[name](t, genuine)); err != nil {
				rt.Fatalf("%s: %v", name, err)
			}
		}
		if rapid.Bool().Draw(rt, "strangers first") {
			visit()
		}
		first := o.decide(t, registration(agent(genuine)))
		if first.Publisher != vectortest.Acme {
			rt.Fatalf("the genuine client is %s of %s", first.Tier, first.Publisher)
		}
		for range rapid.IntRange(1, 5).Draw(rt, "strangers") {
			visit()
		}
		again := o.decide(t, registration(agent(genuine)))
		if was, is := comparable(first), comparable(again); was != is {
			rt.Fatalf("strangers changed\n%s\nto\n%s", was, is)
		}
		if id := pendingID(first); id != "" {
			if r, err := o.Review(t.Context(), id); err != nil || r.State != ReviewPending || r.Decision != first.ID && r.At.After(first.At) {
				rt.Fatalf("strangers changed what is asked about the genuine client: %+v, %v", r, err)
			}
		}
	})
	for _, name := range names {
		if t.Logf("%6d %s", seen[name], name); seen[name] == 0 {
			t.Errorf("no stranger came with %s", name)
		}
	}
}

// wrongly lets a stranger ask, and says what he got in acme's name.
func (o *office) wrongly(t testing.TB, req Request) error {
	d := o.decide(t, req)
	if d.Outcome != Approved || d.Publisher != vectortest.Acme {
		return nil
	}
	c := d.Client
	mine := agent("")
	switch {
	case !slices.Equal(c.RedirectURIs, mine.RedirectURIs):
		return fmt.Errorf("tier %s with codes to %v", d.Tier, c.RedirectURIs)
	case c.AuthenticatesByKey() || len(c.JWKS) > 0 || c.JWKSURI != "":
		return fmt.Errorf("tier %s with a key of his own", d.Tier)
	case c.ClientName != mine.ClientName || c.SoftwareID != mine.SoftwareID && c.SoftwareID != "":
		return fmt.Errorf("tier %s as %q", d.Tier, c.ClientName)
	case slices.Contains(c.GrantTypes, metadata.GrantClientCredentials):
		return fmt.Errorf("tier %s with tokens that need no code", d.Tier)
	case strings.Contains(d.Grant.Scope, "delete"), strings.Contains(d.Grant.Scope, "admin"):
		return fmt.Errorf("tier %s with scope %q", d.Tier, d.Grant.Scope)
	}
	return nil
}

// comparable is a decision without what is different in each.
func comparable(d Decision) string {
	d.ID, d.Countersigned = "", ""
	text, err := json.Marshal(d)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
