package online

import (
	"context"
	"errors"
	"testing"

	"github.com/fc28f635/countersign/verify"
)

type fetches func(url string) error

func (f fetches) Fetch(_ context.Context, url string, _ int) (verify.Resource, error) {
	return verify.Resource{}, f(url)
}

// Any answer over HTTPS shows that documents can be fetched.
func TestReachDocument(t *testing.T) {
	for name, test := range map[string]struct {
		err     error
		reached bool
	}{
		"a document":   {nil, true},
		"a text":       {&verify.FetchError{Status: 200, Unusable: true}, true},
		"another page": {&verify.FetchError{Status: 302}, true},
		"no route":     {&verify.FetchError{Err: errors.New("no route to host")}, false},
		"refused":      {&verify.FetchError{Refused: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := reachDocument(t.Context(), fetches(func(url string) error {
				if url != "https://www.iana.org/robots.txt" {
					t.Errorf("fetched %s", url)
				}
				return test.err
			}))
			if (err == nil) != test.reached {
				t.Errorf("reached: %v", err)
			}
		})
	}
}

// Where no resolver answers nothing is fetched.
func TestReachNothing(t *testing.T) {
	r, err := Reach(t.Context(), Config{Resolvers: []Resolver{{Address: "127.0.0.1:1", Operator: "one"}}})
	if err != nil || r.Operators != 0 || r.Secure || r.Fetched || len(r.Resolvers) != 1 || r.Resolvers[0].Err == nil {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Reach(t.Context(), Config{Resolvers: []Resolver{{Address: "x"}}}); err == nil {
		t.Error("a resolver without address can be asked")
	}
}

// Whose word counts where DNSSEC is concerned, and who is one operator.
func TestUpstreams(t *testing.T) {
	for name, want := range map[string]struct {
		resolver   Resolver
		validating bool
		operator   string
	}{
		"loopback":                       {Resolver{Address: "127.0.0.1:53"}, true, "127.0.0.1"},
		"loopback, said not to":          {Resolver{Address: "127.0.0.1:54", Unvalidated: true}, false, "127.0.0.1"},
		"elsewhere":                      {Resolver{Address: "192.0.2.1:53"}, false, "192.0.2.1"},
		"D27 elsewhere, said to":         {Resolver{Address: "192.0.2.1:53", Validating: true}, false, "192.0.2.1"},
		"over TLS":                       {Resolver{Address: "tls://192.0.2.1#dns.example"}, false, "dns.example"},
		"over TLS, said to":              {Resolver{Address: "tls://192.0.2.1#dns.example", Validating: true, Operator: "one"}, true, "one"},
		"over HTTPS, said to":            {Resolver{Address: "https://dns.example/dns-query", Validating: true}, true, "dns.example"},
		"over HTTPS, said to and not to": {Resolver{Address: "https://dns.example/dns-query", Validating: true, Unvalidated: true}, false, "dns.example"},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := upstreams([]Resolver{want.resolver})
			if err != nil || list[0].Validating != want.validating || list[0].Operator != want.operator {
				t.Errorf("%+v, %v", list, err)
			}
		})
	}
}
