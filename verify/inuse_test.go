package verify_test

import (
	"slices"
	"testing"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// What is judged by the redirect URI in use must be the client's own: naming
// another's https host must not make a loose client a web one.
func TestRedirectURIInUse(t *testing.T) {
	verifier, err := verify.New(verify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	client := metadata.Client{ClientName: "Agent", RedirectURIs: []string{"http://127.0.0.1/callback", "https://acme.example/callback"}}
	for name, c := range map[string]struct {
		uri     string
		outcome verify.Outcome
		reason  metadata.Reason
		binding metadata.Binding
	}{
		"R5 the client's, on another port":   {"http://127.0.0.1:40123/callback", verify.Verified, "", metadata.BindingLoose},
		"the client's, on the web":           {"https://acme.example/callback", verify.Verified, "", metadata.BindingLoose},
		"R11 none of the client's":           {"https://evil.example/callback", verify.Rejected, metadata.ReasonRedirectURINotStated, metadata.BindingLoose},
		"R4 another loopback host":           {"http://localhost/callback", verify.Rejected, metadata.ReasonRedirectURINotStated, metadata.BindingLoose},
		"R1 of a scheme that is never taken": {"javascript:alert(1)", verify.Rejected, metadata.ReasonRedirectURIMalformed, metadata.BindingLoose},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := verifier.Verify(t.Context(), verify.Presentation{Client: &client, RedirectURI: c.uri})
			if err != nil {
				t.Fatal(err)
			}
			if v.Outcome != c.outcome || v.Reason() != c.reason || v.Binding != c.binding {
				t.Errorf("got %s %s %s, want %s %s %s", v.Outcome, v.Reason(), v.Binding, c.outcome, c.reason, c.binding)
			}
		})
	}
}

// Of one loopback address listed with two ports, the one in use is kept: servers
// that compare the port register what is kept.
func TestRedirectURIInUseOfTwoPorts(t *testing.T) {
	verifier, err := verify.New(verify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	uris := []string{"http://127.0.0.1:3000/callback", "http://127.0.0.1:8000/callback"}
	for inUse, kept := range map[string]string{uris[0]: uris[0], uris[1]: uris[1], "http://127.0.0.1:40123/callback": uris[0]} {
		t.Run(inUse, func(t *testing.T) {
			v, err := verifier.Verify(t.Context(), verify.Presentation{Client: &metadata.Client{ClientName: "Agent", RedirectURIs: uris}, RedirectURI: inUse})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := v.Client(); !slices.Equal(got.RedirectURIs, []string{kept}) {
				t.Errorf("kept %q, want %q", got.RedirectURIs, kept)
			}
		})
	}
}
