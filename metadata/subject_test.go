package metadata

import (
	"strings"
	"testing"
)

func TestParseSubject(t *testing.T) {
	shape := "sha256:" + strings.Repeat("0a", 32)
	for text, want := range map[string]struct{ kind, text string }{
		"acme.example":                     {"publisher", "https://acme.example"},
		"https://acme.example":             {"publisher", "https://acme.example"},
		"https://acme.example/":            {"client_id", "https://acme.example/"},
		"https://acme.example/client.json": {"client_id", "https://acme.example/client.json"},
		shape:                              {"shape", shape},
	} {
		s, err := ParseSubject(text)
		if err != nil || s.Kind() != want.kind || s.String() != want.text || s.IsZero() {
			t.Errorf("%q is %q %q, error %v, want %v", text, s.Kind(), s, err, want)
		}
		var again Subject
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%q does not come back from its text: %q, error %v", text, again, err)
		}
	}
	for _, text := range []string{"", "acme", "ACME.example", "http://acme.example", "https://ACME.example/client.json",
		"https://acme.example/client.json?a", "https://acme.example:8443", "acme.example/client.json", "sha256:", "sha256:0a",
		strings.ToUpper(shape), shape + "0", "sha256:" + strings.Repeat("xy", 32), "acme.example\n", "*.acme.example"} {
		if s, err := ParseSubject(text); err == nil || !s.IsZero() {
			t.Errorf("%q is %q %q, error %v", text, s.Kind(), s, err)
		}
		was := PublisherSubject(MustPublisher("https://acme.example"))
		is := was
		if err := is.UnmarshalText([]byte(text)); text != "" && (err == nil || is != was) {
			t.Errorf("%q is read as %q, error %v", text, is, err)
		}
	}
	zero := ClientSubject(ClientID{url: "https://acme.example/"})
	if err := zero.UnmarshalText(nil); err != nil || !zero.IsZero() || zero.Kind() != "" {
		t.Errorf("the empty text is %q, error %v", zero, err)
	}
}
