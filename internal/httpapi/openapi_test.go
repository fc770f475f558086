package httpapi_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/verify"
)

// update writes the answers of the examples as they are: go test -run Examples
// -update, and read the difference.
var update = flag.Bool("update", false, "write the examples' answers as they are")

// An openAPI is what the tests read of the document.
type openAPI struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		ID          string             `json:"operationId"`
		Summary     string             `json:"summary"`
		Security    []map[string][]any `json:"security"`
		RequestBody content            `json:"requestBody"`
		Responses   map[string]content `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type content struct {
	Content map[string]struct {
		Schema   schema `json:"schema"`
		Examples map[string]struct {
			Summary string          `json:"summary"`
			Value   json.RawMessage `json:"value"`
		} `json:"examples"`
	} `json:"content"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Enum       []string          `json:"enum"`
	Items      *schema           `json:"items"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Additional any               `json:"additionalProperties"`
}

// check reports what a value has that the schema does not say.
func (d openAPI) check(at string, s schema, v any) (wrong []string) {
	if s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		if s.Type == "" {
			return []string{at + ": no such schema"}
		}
	}
	is := map[string]bool{"": true}
	switch v := v.(type) {
	case map[string]any:
		is["object"] = true
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				wrong = append(wrong, at+"."+name+": missing")
			}
		}
		for name, member := range v {
			if of, ok := s.Properties[name]; ok {
				wrong = append(wrong, d.check(at+"."+name, of, member)...)
			} else if s.Properties != nil && !strings.HasSuffix(at, ".client") {
				wrong = append(wrong, at+"."+name+": not documented")
			}
		}
	case []any:
		is["array"] = true
		for i, item := range v {
			if s.Items != nil {
				wrong = append(wrong, d.check(fmt.Sprintf("%s[%d]", at, i), *s.Items, item)...)
			}
		}
	case string:
		is["string"] = true
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			wrong = append(wrong, at+": "+v+" is not one of "+strings.Join(s.Enum, ", "))
		}
	case bool:
		is["boolean"] = true
	case float64:
		is["number"], is["integer"] = true, v == float64(int64(v))
	}
	if !is[s.Type] {
		wrong = append(wrong, fmt.Sprintf("%s: %v is no %s", at, v, s.Type))
	}
	return wrong
}

func (s *testService) document() (d openAPI) {
	s.t.Helper()
	a := s.do(http.MethodGet, "/openapi.json", nil, http.Header{"Authorization": nil})
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || a.status != http.StatusOK {
		s.t.Fatalf("status %d: %.200s: %v", a.status, a.body, err)
	}
	return d
}

// A registration that asks for more than it gets.
const narrowed = `{"client":{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/callback"],"scope":"files.read files.write"}}`

// documentFetcher has the metadata document of one client.
type documentFetcher struct{}

func (documentFetcher) Fetch(_ context.Context, url string, _ int) (verify.Resource, error) {
	const client = "https://acme.example/mcp/client.json"
	if url != client {
		return verify.Resource{}, &verify.FetchError{Status: http.StatusNotFound}
	}
	return verify.Resource{Body: []byte(`{"client_id":"` + client + `","client_name":"Acme Agent","redirect_uris":["https://acme.example/mcp/callback"],"token_endpoint_auth_method":"none"}`)}, nil
}

// exampleResources are declared where the examples are answered.
const exampleResources = `resources:
  - resource: https://files.example/mcp
    mode: enforce
    scopes:
      files.all: {includes: [files.read, files.write]}
    tools:
      read_file: {scope: files.read, class: read}
      list_files: {scope: files.read, class: read}
      write_file: {scope: files.write, class: modify}
  - resource: https://notes.example/mcp
    mode: observe
    tools:
      read_note: {scope: notes.read, class: read}
      delete_note: {scope: notes.delete, class: delete}
`

// Every example of the document is answered as the document says, by a service
// over a real socket.
func TestExamples(t *testing.T) {
	policy, err := issuer.ParsePolicy(append(issuer.Standard().Source(), exampleResources...))
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, setup{verifier: verify.Config{Fetcher: documentFetcher{}, InsecureSpecialUse: true}, policy: policy, authorizationServer: "https://as.example"})
	d := s.document()
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("it is OpenAPI %q", d.OpenAPI)
	}
	tried := 0
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			op := d.Paths[path][method]
			for status, response := range op.Responses {
				for name, example := range response.Content["application/json"].Examples {
					tried++
					t.Run(op.ID+"/"+name, func(t *testing.T) {
						request := op.RequestBody.Content["application/json"].Examples[name].Value
						a := s.ask(t, method, path, request)
						if strconv.Itoa(a.status) != status {
							t.Fatalf("answered %d, want %s: %s", a.status, status, a.body)
						}
						var got, want any
						if err := json.Unmarshal([]byte(a.body), &got); err != nil {
							t.Fatal(err)
						}
						for _, wrong := range d.check("$", response.Content["application/json"].Schema, got) {
							t.Error(wrong)
						}
						got = steady(got)
						if *update {
							writeExample(t, op.ID, name, got)
							return
						}
						if err := json.Unmarshal(example.Value, &want); err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("the answer differs (-documented +got):\n%s", diff)
						}
					})
				}
			}
		}
	}
	files, err := filepath.Glob("examples/*/*.json")
	if err != nil || tried != len(files) || tried == 0 {
		t.Errorf("%d examples are in the document, and %d files: %v", tried, len(files), err)
	}
}

// ask sends a request of an example. An id in the path is that of something which
// was made for it.
func (s *testService) ask(t *testing.T, method, path string, request json.RawMessage) answer {
	t.Helper()
	made := map[string]func() answer{
		"/v1/decisions/{id}": func() answer { return s.post(good) },
		"/why/{id}":          func() answer { return s.post(narrowed) },
		"/v1/keys/{id}":      func() answer { return s.send(http.MethodPost, "/v1/keys", `{"name":"the AS","role":"decide"}`) },
	}
	if make, ok := made[path]; ok {
		var one struct{ ID string }
		if err := json.Unmarshal([]byte(make().body), &one); err != nil || one.ID == "" {
			t.Fatalf("nothing was made for %s: %v", path, err)
		}
		path = strings.Replace(path, "{id}", one.ID, 1)
	}
	header := http.Header{"Accept": {"application/json"}}
	if request != nil {
		header.Set("Content-Type", "application/json")
	}
	return s.do(strings.ToUpper(method), path, strings.NewReader(string(request)), header)
}

// steady replaces what differs every time.
func steady(v any) any {
	values := map[string]string{
		"id": "00000000000000000000000000000000", "request_id": "0000000000000000", "token": "csk_" + strings.Repeat("0", 16) + "_" + strings.Repeat("0", 64),
		"at": "2026-01-15T12:00:00Z", "created": "2026-01-15T12:00:00Z", "revoked": "2026-01-15T12:00:00Z", "expires_at": "2026-01-16T12:00:00Z", "seen_at": "2026-01-15T12:00:00Z", "valid_until": "2026-01-15T12:15:00Z",
		"until": "2027-01-15T12:00:00Z", "actor": "made at the first start (key 0000000000000000)",
		"policy": "sha256:" + strings.Repeat("0", 64),
	}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if value, ok := values[name]; ok {
				v[name] = value
			} else {
				v[name] = steady(member)
			}
		}
	case []any:
		for i, item := range v {
			v[i] = steady(item)
		}
	case string:
		return idInText.ReplaceAllString(v, values["id"])
	}
	return v
}

// idInText is the id of a decision in an address.
var idInText = regexp.MustCompile(`\bd[0-9a-f]{32}\b`)

// writeExample puts an answer into the file of an example.
func writeExample(t *testing.T, operation, name string, got any) {
	t.Helper()
	file := filepath.Join("examples", operation, name+".json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Summary string `json:"summary"`
		Request any    `json:"request,omitempty"`
		Status  int    `json:"status"`
		Answer  any    `json:"answer"`
	}
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	e.Answer = got
	if data, err = json.MarshalIndent(e, "", "  "); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every operation below /v1/ says that it needs a key, and every one says what it
// is for.
func TestDescription(t *testing.T) {
	d := start(t, setup{}).document()
	for path, operations := range d.Paths {
		for method, op := range operations {
			if needs := len(op.Security) > 0; needs != strings.HasPrefix(path, "/v1/") {
				t.Errorf("%s %s: needs a key: %t", method, path, needs)
			}
			if op.Summary == "" || op.ID == "" || op.Responses["422"].Content != nil {
				t.Errorf("%s %s: %+v", method, path, op)
			}
		}
	}
	if _, page := d.Paths["/why/{id}"]["get"].Responses["200"].Content["text/html"]; !page {
		t.Error("the document does not say that an explanation is a page too")
	}
	if problem := d.Components.Schemas["ApiError"]; !slices.Equal(slices.Sorted(maps.Keys(problem.Properties)), []string{"error", "error_description", "reason", "request_id"}) {
		t.Errorf("errors are described as %+v", problem)
	}
	if request := d.Components.Schemas["Request"]; request.Additional != false {
		t.Errorf("unknown members of a request: %v", request.Additional)
	}
}

// The page for people loads nothing and runs nothing.
func TestPage(t *testing.T) {
	a := start(t, setup{}).do(http.MethodGet, "/docs", nil, http.Header{"Authorization": nil})
	if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Fatalf("answered %d %s", a.status, a.header.Get("Content-Type"))
	}
	if policy := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "script") {
		t.Errorf("Content-Security-Policy: %q", policy)
	}
	for _, bad := range []string{"<script", "src=", "href=\"http", "url(", "@import"} {
		if strings.Contains(a.body, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, want := range []string{"/v1/decisions", "Decide on a client", "redirect_uris", "Acme Agent", "Needs the role decide."} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
