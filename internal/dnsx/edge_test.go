package dnsx

import (
	"strings"
	"testing"
)

// The library never gives an escape beyond a byte; another one might.
func TestEscapesAtTheEdge(t *testing.T) {
	for text, want := range map[string]string{`\000`: "\x00", `\255`: "\xff", `\"\\`: `"\`, `\256`: "", `\25`: "", `\2x5`: "", `\25x`: "", `\`: ""} {
		var b strings.Builder
		if err := unescape(&b, text); (err == nil) != (want != "") || err == nil && b.String() != want {
			t.Errorf("%s is %q, %v", text, b.String(), err)
		}
	}
}

func TestNamesAtTheEdge(t *testing.T) {
	long := strings.Repeat("a.", 122) + "example" // 251 bytes
	for name, want := range map[string]bool{
		"a.b": true, "a": false, "a.": false, ".a": false, "a..b": false, "a b.c": false, "_a-1.B": true,
		"a." + long: true, "aa." + long: false,
		strings.Repeat("a", 63) + ".b": true, strings.Repeat("a", 64) + ".b": false,
	} {
		if err := checkName(name); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A connection is moved to loopback or not at all, whether or not anybody would
// answer elsewhere.
func TestConnectionsMoveToLoopbackOnly(t *testing.T) {
	const asked = "192.0.2.1:53"
	for to, want := range map[string]bool{asked: true, "127.0.0.1:5353": true, "[::1]:53": true, "192.0.2.9:53": false, "10.0.0.1:53": false, "localhost:53": false, "": false} {
		r, err := New(Config{Upstreams: []Upstream{{Address: asked}}, ConnectTo: func(string) string { return to }})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.connectTo(asked)
		if (err == nil) != want || err == nil && got.String() != to {
			t.Errorf("moved to %q: %s, %v", to, got, err)
		}
	}
}
