package metadata_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

// The tests of this file hold the edge of each number and the elements of each
// list: mutants of them survived the tables elsewhere.

func TestEverySecretMember(t *testing.T) {
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if !metadata.HoldsSecretKey(json.RawMessage(fmt.Sprintf(`{"keys":[{"kty":"OKP"},{%q:""}]}`, name))) {
			t.Errorf("J29 %s is no secret", name)
		}
	}
	if metadata.HoldsSecretKey(json.RawMessage(`{"others":[{"d":""}],"d":"","keys":[]}`)) {
		t.Error("what is no key of the set is a secret")
	}
	for _, name := range []string{"D", "x", "y", "n", "e", "kid", "kty", "crv"} {
		if metadata.HoldsSecretKey(json.RawMessage(fmt.Sprintf(`{"keys":[{%q:""}]}`, name))) {
			t.Errorf("%s is a secret", name)
		}
	}
}

func TestEveryRefusedScheme(t *testing.T) {
	for _, scheme := range []string{"javascript", "data", "file", "blob", "about", "vbscript", "ws", "wss", "ftp", "view-source",
		"intent", "chrome", "filesystem", "jar", "resource", "mailto", "tel", "sms", "content"} {
		for _, uri := range []string{scheme + ":/cb", strings.ToUpper(scheme) + ":/cb"} {
			if _, err := metadata.ParseRedirectURI(uri); err == nil {
				t.Errorf("%s is accepted", uri)
			}
		}
	}
}

func TestPortsAtTheEdge(t *testing.T) {
	for port, want := range map[string]bool{"0": false, "1": true, "65535": true, "65536": false, "01": false, "+1": false, "": false} {
		if _, err := metadata.ParseRedirectURI("https://acme.example:" + port + "/cb"); (err == nil) != want {
			t.Errorf("port %q of a redirect URI: %v", port, err)
		}
		if _, err := metadata.ParseClientID("https://acme.example:" + port + "/c"); (err == nil) != want {
			t.Errorf("port %q of a client_id: %v", port, err)
		}
	}
}

func TestDomainsAtTheEdge(t *testing.T) {
	long := strings.Repeat("a.", 122) + "example" // 251 bytes
	for host, want := range map[string]bool{
		"a." + long: true, "aa." + long: false,
		strings.Repeat("a", 63) + ".example": true, strings.Repeat("a", 64) + ".example": false,
	} {
		if _, err := metadata.PublisherOf(host); (err == nil) != want {
			t.Errorf("%d bytes, first label of %d: %v", len(host), strings.IndexByte(host, '.'), err)
		}
	}
}

// Every reason has a status that its error can have (RFC 7591, Section 3.2.2;
// RFC 6750, Section 3.1).
func TestStatusOfEveryReason(t *testing.T) {
	other := map[metadata.Reason]int{metadata.ReasonRequestTooLarge: 413, metadata.ReasonMediaTypeUnsupported: 415, metadata.ReasonRateLimited: 429}
	of := map[string]int{"": 0, "invalid_software_statement": 400, "unapproved_software_statement": 400, "invalid_redirect_uri": 400,
		"invalid_client_metadata": 400, "invalid_token": 401, "temporarily_unavailable": 503, "server_error": 500}
	for _, reason := range metadata.Reasons() {
		p := reason.Problem()
		want, ok := of[p.Error]
		if special, is := other[reason]; is {
			want = special
		}
		if !ok || p.Status != want {
			t.Errorf("%s is %s %d, want %d", reason, p.Error, p.Status, want)
		}
	}
}

func TestTextOfDefects(t *testing.T) {
	var all metadata.Defects
	for _, member := range []string{"jti", "exp", "iat"} {
		all = append(all, &metadata.ReasonError{Reason: metadata.ReasonClaimMissing, Member: member, Detail: "required"})
	}
	first := all[0].Error()
	for n, want := range []string{"no defects", first, first + " (and 1 more)", first + " (and 2 more)"} {
		if got := all[:n].Error(); got != want {
			t.Errorf("%d defects: %q, want %q", n, got, want)
		}
	}
	for want, e := range map[string]metadata.ReasonError{
		"claim_missing: jti: required": *all[0],
		"claim_missing: jti":           {Reason: metadata.ReasonClaimMissing, Member: "jti"},
		"claim_missing: required":      {Reason: metadata.ReasonClaimMissing, Detail: "required"},
		"claim_missing":                {Reason: metadata.ReasonClaimMissing},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What a stranger wrote is shown whole up to 100 bytes.
func TestQuotesAreCut(t *testing.T) {
	for n, want := range map[int]string{100: strconv.Quote(strings.Repeat("a", 100)), 101: strconv.Quote(strings.Repeat("a", 100)) + "…"} {
		if _, err := metadata.ParsePublisher(strings.Repeat("a", n)); err == nil || err.Error() != want+" is no https origin" {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestDefaultsReplaceNothing(t *testing.T) {
	c := metadata.Client{GrantTypes: []string{metadata.GrantDeviceCode}, ResponseTypes: []string{"token"},
		TokenEndpointAuthMethod: "tls_client_auth", TokenEndpointAuthMethodsSupported: []string{metadata.AuthPrivateKeyJWT}}
	got := c.WithDefaults()
	if got.TokenEndpointAuthMethod != "tls_client_auth" || got.GrantTypes[0] != metadata.GrantDeviceCode || got.ResponseTypes[0] != "token" {
		t.Errorf("defaults made %+v of %+v", got, c)
	}
}

// Maps have no order: what is listed from one is sorted.
func TestVariantsAreSorted(t *testing.T) {
	c := metadata.Client{ClientName: "n", More: map[string]json.RawMessage{}}
	want := []string{"n"}
	for i := range 26 {
		tag := string(rune('a'+i)) + "x"
		c.More["client_name#"+tag] = json.RawMessage(`"` + tag + `"`)
		want = append(want, tag)
	}
	if got := c.DisplayNames(); !slices.Equal(got, want) {
		t.Errorf("%d variants in the order %q", len(c.More), got)
	}
	pages := map[string]json.RawMessage{}
	for i := range 26 {
		pages["tos_uri#"+string(rune('a'+i))+"x"] = json.RawMessage(`"https://evil.com/"`)
	}
	acme := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	if got := (metadata.Client{More: pages}).UncoveredURLs(acme); !slices.Equal(got, slices.Sorted(maps.Keys(pages))) {
		t.Errorf("uncovered in the order %q", got)
	}
	unknown := map[string]json.RawMessage{}
	for i := range 26 {
		unknown[string(rune('a'+i))+"_of_nobody"] = json.RawMessage("1")
	}
	if got := (metadata.Client{More: unknown}).Unregistered(); !slices.Equal(got, slices.Sorted(maps.Keys(unknown))) {
		t.Errorf("unregistered in the order %q", got)
	}
}

func TestMustPublisherPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a constant that is no publisher passed")
		}
	}()
	metadata.MustPublisher("acme.example")
}

// The tags of a key record are lower-case letters and digits, a letter first.
func TestTagNamesAtTheEdge(t *testing.T) {
	const good = "v=ck1; kid=2026a; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	for name, want := range map[string]bool{"a": true, "z": true, "a0": true, "z9": true, "0a": false, "9": false, "a/": false, "a:": false, "`": false, "{": false, "A": false, "a-b": false, "": false} {
		if _, err := metadata.ParseKeyRecord(good + "; " + name + "=1"); (err == nil) != want {
			t.Errorf("tag %q: %v", name, err)
		}
	}
}

func TestEverySpecialUseName(t *testing.T) {
	for _, name := range []string{"alt", "arpa", "example", "home.arpa", "internal", "invalid", "local", "localhost", "onion", "test",
		"example.com", "example.net", "example.org", "corp", "home", "lan", "intranet", "private"} {
		if !metadata.SpecialUse(name) || !metadata.SpecialUse("a."+name) || name != "home.arpa" && metadata.SpecialUse("a"+name) {
			t.Errorf("%s is not special, or a%s is", name, name)
		}
	}
}
