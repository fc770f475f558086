package compat

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

var documentID = func() metadata.ClientID {
	id, err := metadata.ParseClientID("https://acme.example/mcp/client.json")
	if err != nil {
		panic(err)
	}
	return id
}()

// Every cell of every row has a version, and a fixture or a page, and a day.
func TestPeers(t *testing.T) {
	var names []string
	for _, p := range peers {
		names = append(names, p.Name)
		facts := map[string]fact{"reads": p.Reads, "statement": p.Statement, "size": p.Size.fact, "otherwise": p.Otherwise}
		for kind, f := range p.Redirects {
			facts["redirects "+kind] = f
		}
		for method, f := range p.Auth {
			facts["auth "+method] = f
		}
		if p.Scope.Answer != "" {
			facts["scope"] = p.Scope
		}
		if p.Version == "" {
			t.Errorf("%s has no version", p.Name)
		}
		for name, f := range facts {
			if (f.Source == "") == (f.Fixture == "") {
				t.Errorf("%s %s: either a page or a fixture: %+v", p.Name, name, f)
			}
			if _, err := time.Parse(time.DateOnly, f.Date); err != nil {
				t.Errorf("%s %s: %v", p.Name, name, err)
			}
			if f.Fixture != "" {
				if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(f.Fixture))); err != nil {
					t.Errorf("%s %s: %v", p.Name, name, err)
				}
			}
			if f.Answer == No && name != "statement" && f.Change == "" {
				t.Errorf("%s %s: nothing says what to change", p.Name, name)
			}
		}
	}
	if want := []string{"Keycloak", "Amazon Cognito", "workers-oauth-provider", "FastMCP", "Auth0", "Ory Hydra"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

// answers are what a server said when it was asked.
type answers struct {
	Version string `json:"version"`
	Answers []struct {
		Document    string         `json:"document"`
		RedirectURI string         `json:"redirect_uri"`
		Bytes       int            `json:"bytes"`
		Accepted    bool           `json:"accepted"`
		Client      map[string]any `json:"client"`
	} `json:"answers"`
}

// The rows of the servers that were tried say what they answered.
func TestLookSaysWhatWasAnswered(t *testing.T) {
	root := filepath.Join("..", "..", "integrations", "compat")
	for server, dir := range map[string]string{"Ory Hydra": "hydra", "workers-oauth-provider": "workers-oauth-provider"} {
		var got answers
		data, err := os.ReadFile(filepath.Join(root, dir, "answers.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &got); err != nil || len(got.Answers) < 6 {
			t.Fatalf("%d answers, %v", len(got.Answers), err)
		}
		for _, a := range got.Answers {
			t.Run(fmt.Sprintf("%s %s %s %d", server, a.Document, a.RedirectURI, a.Bytes), func(t *testing.T) {
				data, err := os.ReadFile(filepath.Join(root, "documents", a.Document+".json"))
				if err != nil {
					t.Fatal(err)
				}
				d, err := metadata.ParseDocument(data, documentID)
				if err != nil {
					t.Fatal(err)
				}
				d.Client.RedirectURIs = slices.DeleteFunc(d.Client.RedirectURIs, func(uri string) bool { return !sameButPort(uri, a.RedirectURI) })
				row := rowOf(t, server, Look(d, max(a.Bytes, len(data))))
				if strings.TrimPrefix(got.Version, "v") != row.Version {
					t.Errorf("version %s, and the row has %s", got.Version, row.Version)
				}
				if works := row.Redirects.Answer == Yes && row.Size.Answer == Yes && row.Auth.Answer == Yes; works != a.Accepted {
					t.Errorf("answered %v; redirect URIs %s, size %s, authentication %s", a.Accepted, row.Redirects.Answer, row.Size.Answer, row.Auth.Answer)
				}
				if a.Client == nil {
					return
				}
				_, kept := a.Client["software_statement"]
				_, keptCamel := a.Client["softwareStatement"]
				if dropped := row.Statement.Answer == Ignored || row.Statement.Answer == NotThere; dropped == (kept || keptCamel) {
					t.Errorf("kept: %v, and the row says %s", !dropped, row.Statement.Answer)
				}
				if given := a.Client["scope"]; given != nil && d.Client.Scope == "" {
					if scope := peerOf(t, server).Scope; scope.Change != "state scope" || !strings.Contains(fmt.Sprint(given), "offline_access") {
						t.Errorf("given %v, and the row says %+v", given, scope)
					}
				}
			})
		}
	}
}

// sameButPort reports whether a URI stands for the one that was used, on
// whatever port.
func sameButPort(stated, used string) bool {
	a, err := metadata.ParseRedirectURI(stated)
	if err != nil {
		return false
	}
	b, err := metadata.ParseRedirectURI(used)
	return err == nil && a.Canonical() == b.Canonical()
}

func TestLook(t *testing.T) {
	web := metadata.Client{RedirectURIs: []string{"https://acme.example/callback"}, TokenEndpointAuthMethod: "none", SoftwareStatement: "a.b.c", Scope: "read"}
	with := func(change func(*metadata.Client)) metadata.Client {
		c := web
		change(&c)
		return c
	}
	loopback := with(func(c *metadata.Client) {
		c.RedirectURIs = []string{"http://localhost/callback", "http://127.0.0.1/callback"}
	})
	for name, tc := range map[string]struct {
		client metadata.Client
		id     string
		bytes  int
		want   map[string]string // by server: as it is, statement, redirect URIs, size, authentication
		change map[string]string // by server: what it says to change
	}{
		"web": {client: web, bytes: 1000, want: map[string]string{
			"Keycloak": "if ? yes yes yes", "Amazon Cognito": "? ? yes ? yes", "workers-oauth-provider": "if ignored yes yes yes",
			"FastMCP": "yes ignored yes yes yes", "Auth0": "? ignored yes yes ?", "Ory Hydra": "no ignored yes yes yes"}},
		"no statement": {client: with(func(c *metadata.Client) { c.SoftwareStatement = "" }), bytes: 1000, want: map[string]string{
			"Keycloak": "if none yes yes yes", "FastMCP": "yes none yes yes yes"}},
		"loopback": {client: loopback, bytes: 1000, want: map[string]string{
			"Keycloak": "if ? if yes yes", "FastMCP": "yes ignored yes yes yes", "Auth0": "? ignored ? yes ?", "Ory Hydra": "no ignored part yes yes"},
			change: map[string]string{"Ory Hydra": "state http://127.0.0.1 beside http://localhost"}},
		"a port": {client: with(func(c *metadata.Client) { c.RedirectURIs = []string{"http://127.0.0.1:33418/callback"} }), bytes: 1000, want: map[string]string{
			"FastMCP": "if ignored if yes yes", "workers-oauth-provider": "if ignored yes yes yes", "Keycloak": "? ? ? yes yes"},
			change: map[string]string{"FastMCP": "state loopback redirect URIs without a port", "Auth0": "state loopback redirect URIs without a port"}},
		"localhost with a port": {client: with(func(c *metadata.Client) { c.RedirectURIs = []string{"http://localhost:33418/callback"} }), bytes: 1000, want: map[string]string{
			"FastMCP": "if ignored if yes yes", "workers-oauth-provider": "? ignored ? yes yes"}},
		"private-use": {client: with(func(c *metadata.Client) { c.RedirectURIs = []string{"example.acme:/callback"} }), bytes: 1000, want: map[string]string{
			"FastMCP": "no ignored no yes yes", "Ory Hydra": "no ignored yes yes yes"}},
		"private-use and web": {client: with(func(c *metadata.Client) { c.RedirectURIs = append(c.RedirectURIs, "example.acme:/callback") }), bytes: 1000, want: map[string]string{
			"FastMCP": "part ignored part yes yes"}},
		"5,001 bytes": {client: web, bytes: 5001, want: map[string]string{
			"Keycloak": "no ? yes no yes", "FastMCP": "yes ignored yes yes yes", "Auth0": "no ignored yes no ?"},
			change: map[string]string{"Keycloak": "leave out what is not needed, down to 5000 bytes"}},
		"5,000 bytes": {client: web, bytes: 5000, want: map[string]string{"Keycloak": "if ? yes yes yes"}},
		"a long URL": {client: web, id: "https://acme.example/" + strings.Repeat("a", 100), bytes: 1000, want: map[string]string{
			"Auth0": "no ignored yes no ?", "Keycloak": "if ? yes yes yes"},
			change: map[string]string{"Auth0": "have a client_id of at most 120 bytes"}},
		"a key": {client: with(func(c *metadata.Client) {
			c.TokenEndpointAuthMethod, c.JWKSURI = "private_key_jwt", "https://acme.example/keys"
		}), bytes: 1000, want: map[string]string{
			"Keycloak": "if ? yes yes yes", "Amazon Cognito": "no ? yes ? no", "Auth0": "if ignored yes yes yes"},
			change: map[string]string{"Amazon Cognito": `have "token_endpoint_auth_method": "none"`}},
		"a key in the document": {client: with(func(c *metadata.Client) {
			c.TokenEndpointAuthMethod, c.JWKS = "private_key_jwt", json.RawMessage(`{"keys":[]}`)
		}), bytes: 1000, want: map[string]string{
			"Keycloak": "if ? yes yes yes", "Auth0": "no ignored yes yes no"},
			change: map[string]string{"Auth0": "have jwks_uri in place of jwks"}},
		"no method": {client: with(func(c *metadata.Client) { c.TokenEndpointAuthMethod = "" }), bytes: 1000, want: map[string]string{
			"Keycloak": "no ? yes yes no", "FastMCP": "yes ignored yes yes yes"},
			change: map[string]string{"Keycloak": "state token_endpoint_auth_method"}},
		"no scope": {client: with(func(c *metadata.Client) { c.Scope = "" }), bytes: 1000, want: map[string]string{"Ory Hydra": "no ignored yes yes yes"},
			change: map[string]string{"Ory Hydra": "state scope"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := metadata.Document{ID: documentID, Client: tc.client}
			if tc.id != "" {
				var err error
				if d.ID, err = metadata.ParseClientID(tc.id); err != nil {
					t.Fatal(err)
				}
			}
			rows := Look(d, tc.bytes)
			for server, want := range tc.want {
				row := rowOf(t, server, rows)
				if got := fmt.Sprint(row.AsIs.Answer, " ", row.Statement.Answer, " ", row.Redirects.Answer, " ", row.Size.Answer, " ", row.Auth.Answer); got != want {
					t.Errorf("%s: %s, want %s", server, got, want)
				}
			}
			for _, row := range rows {
				if change, ok := tc.change[row.Server]; ok != slices.Contains(row.Change, change) {
					t.Errorf("%s: change %q, want %q", row.Server, row.Change, change)
				}
				for _, cell := range []Cell{row.Reads, row.AsIs, row.Statement, row.Redirects, row.Size, row.Auth} {
					for _, r := range cell.Reasons {
						text := r.String()
						tried := strings.Contains(text, " (tried: integrations/compat/") && !strings.Contains(text, "https://github.com")
						written := strings.Contains(text, " (documented, not tried: https://") || cell.Answer == Unknown && strings.Contains(text, " (not tried, and not documented: https://")
						if tried == written || !strings.HasSuffix(text, ", 2026-11-25)") {
							t.Errorf("%s: %s %s", row.Server, cell.Answer, text)
						}
					}
				}
			}
		})
	}
}

func rowOf(t *testing.T, server string, rows []Row) Row {
	t.Helper()
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Server == server })
	if i < 0 {
		t.Fatalf("no row for %s", server)
	}
	return rows[i]
}

func peerOf(t *testing.T, name string) peer {
	t.Helper()
	i := slices.IndexFunc(peers, func(p peer) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no peer %s", name)
	}
	return peers[i]
}
