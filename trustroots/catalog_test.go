package trustroots_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

func catalogSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("catalog.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// The file in the repository is the catalog of the program, fits its schema,
// and names enough clients.
func TestStarterCatalog(t *testing.T) {
	data, err := os.ReadFile("catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := fits(t, catalogSchema(t), data); err != nil {
		t.Error(err)
	}
	loaded, err := trustroots.LoadCatalog("catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	if changes := loaded.Since(trustroots.Starter()); len(changes) > 0 {
		t.Errorf("the program has another catalog: %+v", changes)
	}
	const least = 12
	if n := len(loaded.Clients()); n < least {
		t.Errorf("%d clients, want %d", n, least)
	}
	shapes := map[metadata.Shape]string{}
	for _, k := range loaded.Clients() {
		shape, why := k.Shape()
		if (shape == "") == (why == "") {
			t.Errorf("%s: shape %q, why none: %q", k.Name, shape, why)
		}
		if shape != "" && shapes[shape] != "" {
			t.Errorf("%s and %s have one shape", k.Name, shapes[shape])
		}
		shapes[shape] = k.Name
		if again, ok := loaded.Client(k.Name); !ok || again.Title != k.Title {
			t.Errorf("%s is not found", k.Name)
		}
		for _, member := range k.Members() {
			if len(k.Values(member)) == 0 || len(k.SourcesOf(member)) == 0 {
				t.Errorf("%s: %s has values %q and sources %v", k.Name, member, k.Values(member), k.SourcesOf(member))
			}
		}
	}
	if _, ok := loaded.Client("nobody"); ok {
		t.Error("there is a client that nobody named")
	}
}

// good is a catalog of two clients that every rule lets pass.
const goodCatalog = `{"version":"2026-03-02","status":"observed, not signed","clients":[
 {"name":"agent","title":"Agent","publisher":"https://acme.example",
  "client":{"client_id":"https://acme.example/client.json","client_name":"Agent","redirect_uris":["https://acme.example/cb"],"grant_types":["authorization_code"],"token_endpoint_auth_method":"none"},
  "sources":[{"address":"https://docs.example/a","seen":"2026-03-01","as_of":"2026-02-01","facts":["client_id","client_name","redirect_uris","grant_types","token_endpoint_auth_method"]}]},
 {"name":"tool-2","title":"Tool","client":{"client_name":"Tool"},"redirect_uri_templates":["http://127.0.0.1/cb/{id}"],"varies":"the id",
  "sources":[{"address":"https://docs.example/b","seen":"2026-03-02","facts":["client_name","redirect_uri_templates"]}]}]}`

// No real client is taken for an impostor of itself, or of another: neither
// beside the embedded list nor where all others were accepted, or listed as
// brands, one by one or all together.
func TestCatalogRaisesNoAlarm(t *testing.T) {
	clients := trustroots.Starter().Clients()
	var all []metadata.ProtectedName
	protected := map[string]*metadata.Protected{"the embedded list": metadata.Embedded()}
	for _, k := range clients {
		if k.Publisher.IsZero() {
			continue
		}
		names := append(k.Client().DisplayNames(), "")
		one := metadata.ProtectedName{Name: names[0], Domains: []string{k.Publisher.Domain()}}
		all = append(all, one)
		protected[k.Name+" accepted"] = metadata.NewProtected(nil, []metadata.ProtectedName{one})
		protected[k.Name+" listed"] = metadata.NewProtected([]metadata.ProtectedName{one}, nil)
	}
	protected["all accepted"], protected["all listed"] = metadata.NewProtected(nil, all), metadata.NewProtected(all, nil)
	compared := 0
	for beside, p := range protected {
		for _, k := range clients {
			if k.Publisher.IsZero() {
				continue
			}
			for _, shown := range append(k.Client().DisplayNames(), k.Title) {
				compared++
				if l, ok := p.Name(shown, k.Publisher); ok {
					t.Errorf("R18 beside %s: %s: %q of %s %s", beside, k.Name, shown, k.Publisher, l)
				}
			}
			for _, host := range catalogHosts(k) {
				compared++
				if l, ok := p.Host(host); ok {
					t.Errorf("R18 beside %s: %s: %s %s", beside, k.Name, host, l)
				}
			}
		}
	}
	if compared < 12*20 {
		t.Errorf("only %d comparisons: has the catalog moved?", compared)
	}
}

// catalogHosts returns the web hosts that the catalog has of a client.
func catalogHosts(k trustroots.CatalogClient) []string {
	hosts := []string{k.Publisher.Domain()}
	for _, member := range []string{"client_id", "client_id_template", "redirect_uris", "redirect_uri_templates", "jwks_uri"} {
		for _, value := range k.Values(member) {
			if u, err := url.Parse(value); err == nil && u.Scheme == "https" {
				hosts = append(hosts, u.Hostname())
			}
		}
	}
	return hosts
}

// TestCatalogRules changes the good catalog, one thing each, and holds the
// loader and the schema together: what the schema refuses the loader does, too.
func TestCatalogRules(t *testing.T) {
	schema := catalogSchema(t)
	if err := fits(t, schema, []byte(goodCatalog)); err != nil {
		t.Fatal(err)
	}
	if _, err := trustroots.ParseCatalog([]byte(goodCatalog)); err != nil {
		t.Fatal(err)
	}
	const beyondSchema = true // a rule that a schema cannot express
	for name, c := range map[string]struct {
		from, to string
		want     string // part of the loader's error
		beyond   bool
	}{
		"an unknown member":               {`"title":"Tool"`, `"title":"Tool","tier":"signed"`, "tier", false},
		"an unknown member of a file":     {`"version"`, `"accept":true,"version"`, "accept", false},
		"an unknown member of a client":   {`"client_name":"Tool"`, `"client_name":"Tool","contacts":["a@b.example"]`, "none that a catalog states", false},
		"an unknown member of a source":   {`"as_of"`, `"by":"me","as_of"`, "by", false},
		"another status":                  {"observed, not signed", "signed", "status", false},
		"no clients":                      {goodCatalog[strings.Index(goodCatalog, "[\n")+1:], "]}", "no clients", false},
		"no day":                          {`"2026-03-02","status"`, `"soon","status"`, "version", false},
		"a day that is none":              {`"2026-03-02","status"`, `"2026-02-30","status"`, "version", beyondSchema},
		"a name with a space":             {`"tool-2"`, `"tool 2"`, "the name", false},
		"a name in capitals":              {`"tool-2"`, `"Tool"`, "the name", false},
		"no title":                        {`"title":"Tool"`, `"title":""`, "title", false},
		"a title that is missing":         {`"title":"Tool",`, ``, "title", false},
		"a name twice":                    {`"tool-2"`, `"agent"`, "twice", beyondSchema},
		"nothing known":                   {`{"client_name":"Tool"},"redirect_uri_templates":["http://127.0.0.1/cb/{id}"]`, `{}`, "nothing is known", beyondSchema},
		"a wrong type":                    {`"client_name":"Tool"`, `"client_name":1`, "client_name", false},
		"a client_id that is no URL":      {`"https://acme.example/client.json"`, `"agent-1"`, "client_id", false},
		"a client_id with a query":        {`"https://acme.example/client.json"`, `"https://acme.example/client.json?a"`, "query", beyondSchema},
		"a redirect URI that runs":        {`"https://acme.example/cb"`, `"javascript:alert(1)"`, "never accepted", beyondSchema},
		"a redirect URI with an asterisk": {`"https://acme.example/cb"`, `"https://acme.example/*"`, "asterisk", false},
		"a template without a place":      {`/cb/{id}`, `/cb/`, "not once", false},
		"a template with two":             {`/cb/{id}`, `/{id}/{id}`, "not once", false},
		"a template that is no URI":       {`http://127.0.0.1/cb/{id}`, `http://acme.example/{id}`, "http is for", beyondSchema},
		"a template without a reason":     {`"varies":"the id",`, ``, "varies", false},
		"a publisher of its own":          {`"publisher":"https://acme.example"`, `"publisher":"https://other.example"`, "no host of", beyondSchema},
		"a publisher that is no origin":   {`"publisher":"https://acme.example"`, `"publisher":"acme.example"`, "publisher", false},
		"no source":                       {`[{"address":"https://docs.example/b","seen":"2026-03-02","facts":["client_name","redirect_uri_templates"]}]`, `[]`, "no source states", false},
		"a fact without a source":         {`["client_name","redirect_uri_templates"]`, `["client_name"]`, "no source states redirect_uri_templates", beyondSchema},
		"a source without a fact":         {`["client_name","redirect_uri_templates"]`, `[]`, "states nothing", false},
		"a fact that is not there":        {`["client_name","redirect_uri_templates"]`, `["client_name","redirect_uri_templates","client_id"]`, "not there", beyondSchema},
		"a source without a day":          {`"seen":"2026-03-01",`, ``, "seen", false},
		"a source of tomorrow":            {`"seen":"2026-03-01"`, `"seen":"2026-03-03"`, "seen", beyondSchema},
		"a source of later than seen":     {`"as_of":"2026-02-01"`, `"as_of":"2026-03-02"`, "as of", beyondSchema},
		"an address in the clear":         {`https://docs.example/a`, `http://docs.example/a`, "https", false},
		"an address with a password":      {`https://docs.example/a`, `https://me:pass@docs.example/a`, "https", false},
		"an address of no host":           {`https://docs.example/a`, `https:///a`, "https", false},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Count(goodCatalog, c.from) != 1 {
				t.Fatalf("%q is there %d times", c.from, strings.Count(goodCatalog, c.from))
			}
			changed := []byte(strings.Replace(goodCatalog, c.from, c.to, 1))
			if _, err := trustroots.ParseCatalog(changed); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the loader says %v, want %q", err, c.want)
			}
			if err := fits(t, schema, changed); (err == nil) != c.beyond {
				t.Errorf("the schema says %v", err)
			}
		})
	}
}

func TestLoadCatalog(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"twice.json": strings.Replace(goodCatalog, `"version"`, `"version":"2026-03-02","version"`, 1),
		"none.json":  "null", "empty.json": "", "large.json": strings.Repeat(" ", 1<<20) + goodCatalog,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := trustroots.LoadCatalog(path); err == nil {
			t.Errorf("%s is read", name)
		}
		if _, err := trustroots.ParseCatalog([]byte(data)); err == nil {
			t.Errorf("%s is parsed", name)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "missing")} {
		if _, err := trustroots.LoadCatalog(path); err == nil {
			t.Errorf("%s is read", path)
		}
	}
}

func TestCatalogSince(t *testing.T) {
	old, err := trustroots.ParseCatalog([]byte(goodCatalog))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(`"tool-2"`, `"tool-3"`, `"https://acme.example/cb"`, `"https://acme.example/cb","https://acme.example/b"`,
		`"title":"Agent"`, `"title":"The Agent"`, `"2026-03-02","status"`, `"2026-03-09","status"`).Replace(goodCatalog)
	now, err := trustroots.ParseCatalog([]byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	want := []trustroots.CatalogChange{
		{Name: "agent", Kind: trustroots.CatalogChanged, Touches: []metadata.ChangeKind{metadata.ChangeRedirect}, Members: []trustroots.CatalogMemberChange{
			{Member: "title", Before: json.RawMessage(`"Agent"`), After: json.RawMessage(`"The Agent"`)},
			{Member: "redirect_uris", Before: json.RawMessage(`["https://acme.example/cb"]`), After: json.RawMessage(`["https://acme.example/cb","https://acme.example/b"]`)},
		}},
		{Name: "tool-2", Kind: trustroots.CatalogVanished},
		{Name: "tool-3", Kind: trustroots.CatalogAppeared},
	}
	if diff := cmp.Diff(want, now.Since(old)); diff != "" {
		t.Error(diff)
	}
	if changes := old.Since(old); len(changes) > 0 {
		t.Errorf("to itself: %+v", changes)
	}
	// A member that comes and one that goes.
	more, err := trustroots.ParseCatalog([]byte(strings.Replace(goodCatalog, `"publisher":"https://acme.example",`, ``, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from, to      *trustroots.Catalog
		before, after string
	}{
		"goes":  {old, more, `"https://acme.example"`, "null"},
		"comes": {more, old, "null", `"https://acme.example"`},
	} {
		changes := c.to.Since(c.from)
		if len(changes) != 1 || len(changes[0].Members) != 1 {
			t.Fatalf("%s: %+v", name, changes)
		}
		if m := changes[0].Members[0]; m.Member != "publisher" || string(m.Before) != c.before || string(m.After) != c.after {
			t.Errorf("%s: %s %s %s", name, m.Member, m.Before, m.After)
		}
	}
}

// A private-use redirect URI is known exactly, or not at all.
func TestCatalogPrivateUse(t *testing.T) {
	for uri, want := range map[string]string{
		"cursor://anysphere.cursor-mcp/oauth/callback":     "cursor",
		"cursor://anysphere.cursor-mcp/oauth/callback/":    "",
		"cursor://anysphere.cursor-mcp/oauth/callback?a=b": "",
		"cursor://evil/oauth/callback":                     "",
		"https://www.cursor.com/agents/mcp/oauth/callback": "", // known, and not private
		"http://localhost:8787/callback":                   "",
	} {
		r, err := metadata.ParseRedirectURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		if k, ok := trustroots.Starter().PrivateUse(r); k.Name != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", uri, k.Name, ok)
		}
	}
	if _, ok := trustroots.Starter().PrivateUse(metadata.RedirectURI{}); ok {
		t.Error("the zero redirect URI is known")
	}
}

// What is handed out is the caller's to change.
func TestCatalogCopies(t *testing.T) {
	c, err := trustroots.ParseCatalog([]byte(goodCatalog))
	if err != nil {
		t.Fatal(err)
	}
	c.Clients()[0].Name = "changed"
	slices.Reverse(c.Clients()[0].Members())
	names := map[string]bool{}
	for _, k := range c.Clients() {
		names[k.Name] = true
	}
	if !maps.Equal(names, map[string]bool{"agent": true, "tool-2": true}) {
		t.Errorf("clients %v", names)
	}
	if k, _ := c.Client("agent"); !slices.IsSorted(k.Members()) {
		t.Errorf("members %v", k.Members())
	}
}
