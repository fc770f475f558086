package metadata_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

// Every registered member that is an address by its name has a rule that is
// applied, but for one that is a name and one that is the server's to give.
func TestEveryAddressHasARule(t *testing.T) {
	named := regexp.MustCompile(`_(uri|uris|endpoint)$`)
	acme := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	ruled := 0
	for name, kind := range metadata.RegisteredKinds() {
		use := metadata.URLUse(name)
		if named.MatchString(name) != (use != "") {
			t.Errorf("R14, R16 %s has the rule %q", name, use)
		}
		if use == "" || use == "compared" || use == "given" {
			continue
		}
		ruled++
		for _, bad := range []string{"javascript:alert(1)", "https://evil.com/x", "https://169.254.169.254/x", "http://acme.com/x", "https://ACME.com/x"} {
			value := fmt.Sprintf("%q", bad)
			if kind == "texts" {
				value = "[" + value + "]"
			}
			c := mustClient(t, fmt.Sprintf(`{%q:%s}`, name, value))
			err := c.Check()
			dropped := slices.Contains(c.UncoveredURLs(acme), name)
			keys := c.UncoveredKeys(acme) == name
			foreign := len(metadata.ForeignHosts(c, acme, "")) > 0
			if err == nil && !dropped && !keys && !foreign {
				t.Errorf("R14, R16 %s: %s costs nothing", name, bad)
			}
		}
	}
	if ruled < 17 {
		t.Errorf("only %d members with addresses", ruled)
	}
}

func TestUncoveredURLs(t *testing.T) {
	cov := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	tests := []struct {
		name, member, value string
		dropped             bool
	}{
		{"R16 own", "client_uri", `"https://acme.com/"`, false},
		{"R16 script", "tos_uri", `"javascript:x"`, true},
		{"R16 data", "policy_uri", `"data:text/html,x"`, true},
		{"R16 another domain", "client_uri", `"https://evil.com/"`, true},
		{"R16 quotation mark", "client_uri", `"https://acme.com/\"><script>"`, true},
		{"R16 another port", "client_uri", `"https://acme.com:8443/"`, true},
		{"R16 variant", "policy_uri#de", `"http://acme.com/p"`, true},
		{"R16 own variant", "logo_uri#ja", `"https://acme.com/l"`, false},
		{"R16 of a federation", "organization_uri", `"https://evil.com/"`, true},
		{"variant of no address", "x_uri#de", `"javascript:x"`, false},
		{"R15 inside", "logo_uri", `"https://10.0.0.1/logo.png"`, true},
		{"R15 data", "logo_uri", `"data:image/svg+xml,x"`, true},
		{"R15 script", "logo_uri", `"javascript:x"`, true},
		{"R15 tracking pixel", "logo_uri", `"https://track.evil.com/p.gif"`, true},
		{"R15 by http", "logo_uri", `"http://acme.com/logo.png"`, true},
		{"R15 own", "logo_uri", `"https://acme.com/logo.png"`, false},
		{"R14 sector identifier inside", "sector_identifier_uri", `"https://169.254.169.254/"`, true},
		{"R14 request objects elsewhere", "request_uris", `["https://acme.com/r","https://evil.com/r"]`, true},
		{"R14 own request objects", "request_uris", `["https://acme.com/r"]`, false},
		{"R14 back channel to a file", "backchannel_logout_uri", `"file:///etc/passwd"`, true},
		{"R14 notifications elsewhere", "backchannel_client_notification_endpoint", `"https://evil.com/n"`, true},
		{"R1 log-out to a script", "post_logout_redirect_uris", `["javascript:x"]`, true},
		{"R8 log-out elsewhere", "post_logout_redirect_uris", `["https://evil.com/"]`, true},
		{"log-out at home", "post_logout_redirect_uris", `["https://acme.com:8443/","http://localhost/","com.acme:/out"]`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := mustClient(t, fmt.Sprintf(`{%q:%s}`, tt.member, tt.value))
			if got := c.UncoveredURLs(cov); slices.Contains(got, tt.member) != tt.dropped || len(got) > 1 {
				t.Errorf("dropped %q, want %v", got, tt.dropped)
			}
		})
	}
}

// What a program put where an address belongs, and is none, is dropped too.
func TestUncoveredURLsOfAnotherType(t *testing.T) {
	cov := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	for _, value := range []string{`7`, `{}`, `["https://acme.com/p",7]`, `["https://acme.com/p","https://evil.com/p"]`} {
		c := metadata.Client{More: map[string]json.RawMessage{"policy_uri#de": json.RawMessage(value)}}
		if got := c.UncoveredURLs(cov); !slices.Equal(got, []string{"policy_uri#de"}) {
			t.Errorf("R16 %s: dropped %q", value, got)
		}
	}
}

func TestUncoveredKeys(t *testing.T) {
	cov := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	for document, want := range map[string]string{
		`{"jwks_uri":"https://acme.com/j"}`:        "",
		`{"jwks_uri":"https://evil.com/j"}`:        "jwks_uri",
		`{"jwks_uri":"https://acme.com:8443/j"}`:   "jwks_uri",
		`{"signed_jwks_uri":"https://evil.com/j"}`: "signed_jwks_uri",
		`{"client_uri":"https://evil.com/j"}`:      "",
	} {
		if got := mustClient(t, document).UncoveredKeys(cov); got != want {
			t.Errorf("R14 %s: %q, want %q", document, got, want)
		}
	}
}

func TestWithout(t *testing.T) {
	c := mustClient(t, `{"client_uri":"https://acme.com/","logo_uri":"https://evil.com/l","policy_uri#de":"http://acme.com/p","jwks_uri":"https://evil.com/j"}`)
	before := c.Clone()
	rest, had := c.Without("logo_uri", "policy_uri#de", "absent")
	if d := cmp.Diff([]string{"logo_uri", "policy_uri#de"}, had) + cmp.Diff(before, c); d != "" {
		t.Errorf("removed, and the client itself (-want +got):\n%s", d)
	}
	all := mustClient(t, `{"scope":"a","contacts":["a"],"jwks":{"keys":[]},"default_max_age":1,"x":1}`)
	if none, had := all.Without("scope", "contacts", "jwks", "default_max_age", "x"); len(had) != 5 || len(asMap(t, none)) > 0 {
		t.Errorf("of members of every type %+v is left, without %q", none, had)
	}
	if rest.LogoURI != "" || rest.More["policy_uri#de"] != nil || rest.ClientURI == "" || rest.JWKSURI == "" {
		t.Errorf("left: %+v", rest)
	}
}

// A list that is too long is refused once, not once for each of its addresses.
func TestManyMalformedRedirects(t *testing.T) {
	list, err := json.Marshal(strings.Split(strings.Repeat("x,", 2000), ","))
	if err != nil {
		t.Fatal(err)
	}
	var defects metadata.Defects
	c := mustClient(t, `{"redirect_uris":`+string(list)+`}`)
	if defects, _ = c.Check().(metadata.Defects); len(defects) != 1 { //nolint:errorlint // it says which type it is
		t.Errorf("%d defects, want one", len(defects))
	}
}

// The form of an address is its member's, whatever a malformed one costs.
func TestAddressForms(t *testing.T) {
	for _, c := range []struct {
		member, uri string
		want        bool
	}{
		{"client_uri", "https://acme.com/x?y", true},
		{"client_uri", "http://127.0.0.1/x", false},
		{"client_uri", "com.acme.app:/x", false},
		{"jwks_uri", "https://acme.com/jwks.json", true},
		{"jwks_uri", "https://acme.com/jwks.json?x", false},
		{"jwks_uri", "http://127.0.0.1/jwks.json", false},
		{"redirect_uris", "https://acme.com/x?y", true},
		{"redirect_uris", "http://127.0.0.1/x", true},
		{"redirect_uris", "com.acme.app:/x", true},
		{"redirect_uris", "javascript:alert(1)", false},
	} {
		t.Run("R14 "+c.member+" "+c.uri, func(t *testing.T) {
			if got := metadata.WellFormed(c.member, c.uri); got != c.want {
				t.Errorf("well formed: %t", got)
			}
		})
	}
}
