package toolmap

import (
	"fmt"
	"regexp"
	"strings"
)

// Terraform returns the scopes as resources of Terraform's Keycloak provider: a
// client scope for each, and the mapper that puts the resource into aud
// (RFC 9068, Section 3; RFC 8707, Section 2).
func Terraform(proposals []Proposal) string {
	var b strings.Builder
	b.WriteString("variable \"keycloak_realm_id\" {\n  type = string\n}\n")
	taken := map[string]bool{}
	for _, s := range Scopes(proposals) {
		fmt.Fprintf(&b, `
resource "keycloak_openid_client_scope" %[1]q {
  realm_id               = var.keycloak_realm_id
  name                   = %[2]s
  description            = %[3]s
  consent_screen_text    = %[4]s
  include_in_token_scope = true
}

resource "keycloak_openid_audience_protocol_mapper" %[1]q {
  realm_id                 = var.keycloak_realm_id
  client_scope_id          = keycloak_openid_client_scope.%[1]s.id
  name                     = "audience"
  included_custom_audience = %[5]s
  add_to_id_token          = false
  add_to_access_token      = true
}
`, label(s.Name, taken), hcl(s.Name), hcl(s.describe()), hcl(s.consent()), hcl(s.Resource))
	}
	return b.String()
}

var notInLabel = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// label returns the name of a block, one that is not taken.
func label(scope string, taken map[string]bool) string {
	text := notInLabel.ReplaceAllString(scope, "_")
	if text[0] < 'A' {
		text = "_" + text
	}
	for taken[text] {
		text += "_"
	}
	taken[text] = true
	return text
}

// hcl returns a string of Terraform's language, in which ${ and %{ begin what is
// computed. Ours have no quotation mark, backslash or control character.
func hcl(s string) string {
	return `"` + strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s) + `"`
}
