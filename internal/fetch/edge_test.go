package fetch

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"testing"
)

func TestLookupErrorIsKept(t *testing.T) {
	broken := errors.New("no such host")
	c := New(Config{LookupAddrs: func(context.Context, string) ([]netip.Addr, error) { return nil, broken }})
	if got := mustFail(t, c, pubURL); !errors.Is(got, broken) {
		t.Errorf("%v does not say why", got)
	}
}

// What a stranger wrote is Unicode once it is in an error of ours.
func TestForeignTextIsUnicode(t *testing.T) {
	if got, want := foreign("reading", errors.New("a\xffb\x1b")).Error(), "reading: a�b\\x1b"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOriginPort(t *testing.T) {
	for raw, want := range map[string]string{"http://127.0.0.1": "127.0.0.1:80", "http://127.0.0.1:8080": "127.0.0.1:8080", "https://127.0.0.1": "127.0.0.1:443"} {
		o, err := NewOrigin(Config{AllowLoopback: true}, raw)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(raw + "/register")
		if err != nil {
			t.Fatal(err)
		}
		if targets, _, err := o.targets(t.Context(), u); err != nil || len(targets) != 1 || targets[0].String() != want {
			t.Errorf("%s is at %v, %v, want %s", raw, targets, err, want)
		}
	}
}

// RFC 5214, Section 6.1: the four bytes together make an ISATAP identifier.
func TestISATAPAtTheEdge(t *testing.T) {
	for identifier, want := range map[string]bool{"0:5efe": true, "200:5efe": true, "100:5efe": false, "1:5efe": false, "0:5fff": false, "0:5eff": false, "0:5ffe": false, "1:1": false} {
		if got := isISATAP(netip.MustParseAddr("2600:0:0:1:" + identifier + ":808:808")); got != want {
			t.Errorf("%s: %t", identifier, got)
		}
	}
}
