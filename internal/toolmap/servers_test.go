package toolmap

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

var two = []Proposal{
	{Server: "mail", Resource: "https://mail.example/mcp", Mode: issuer.ModeObserve, Tools: Propose("mail", []Announced{{Name: "read_mail", ReadOnly: true}, {Name: "list", ReadOnly: true}, {Name: "count", ReadOnly: true}}, false)},
	{Server: "a", Resource: "https://a.example/${x}", Mode: issuer.ModeObserve, Tools: Propose("a", []Announced{{Name: "drop.all-now"}, {Name: "drop_all-now"}}, true)},
}

func TestForms(t *testing.T) {
	for _, test := range []struct {
		name  string
		value any
		want  string
	}{
		{"rfc9728", two[0].Metadata([]string{"https://as.example"}),
			`{"resource":"https://mail.example/mcp","authorization_servers":["https://as.example"],"scopes_supported":["mail.read","mail.read_sensitive"],"bearer_methods_supported":["header"]}`},
		{"hydra", Hydra(two), `{"scope":"a.drop.all-now a.drop_all-now mail.read mail.read_sensitive","audience":["https://mail.example/mcp","https://a.example/${x}"]}`},
		{"keycloak", Keycloak(two[:1]).ClientScopes[0], `{"name":"mail.read","description":"2 tools, at worst of class read, at https://mail.example/mcp","protocol":"openid-connect","attributes":{"consent.screen.text":"Read in mail","display.on.consent.screen":"true","include.in.token.scope":"true"},"protocolMappers":[{"name":"audience","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"access.token.claim":"true","id.token.claim":"false","included.custom.audience":"https://mail.example/mcp"}}]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(test.value)
			if err != nil || string(got) != test.want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

// Each scope has a block of its own name, and what Terraform would compute is text.
func TestTerraform(t *testing.T) {
	text := Terraform(two)
	labels := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^resource "keycloak_openid_client_scope" "([A-Za-z_][A-Za-z0-9_-]*)" \{$`).FindAllStringSubmatch(text, -1) {
		labels[found[1]] = true
	}
	if len(labels) != len(Scopes(two)) || len(labels) != 4 {
		t.Errorf("%d blocks of %d scopes:\n%s", len(labels), len(Scopes(two)), text)
	}
	if strings.Contains(strings.ReplaceAll(text, "$${", ""), "${") || strings.Count(text, `"https://a.example/$${x}"`) != 2 {
		t.Errorf("not escaped:\n%s", text)
	}
}
