package attest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

func TestDNSRecordNames(t *testing.T) {
	tests := []struct{ domain, zone, form, full string }{
		{"acme.example", "acme.example", "_client-key", "_client-key.acme.example"},
		{"apps.acme.example", "acme.example", "_client-key.apps", "_client-key.apps.acme.example"},
		{"apps.acme.example", "apps.acme.example", "_client-key", "_client-key.apps.acme.example"},
		{"a.b.c.d.acme.co.uk", "acme.co.uk", "_client-key.a.b.c.d", "_client-key.a.b.c.d.acme.co.uk"},
		{"acme.example", "other.example", "_client-key.acme.example", "_client-key.acme.example"},
		{"acme.example", "me.example", "_client-key.acme.example", "_client-key.acme.example"},
		{"acme.example", "", "_client-key.acme.example", "_client-key.acme.example"},
	}
	for _, tt := range tests {
		p, err := metadata.PublisherOf(tt.domain)
		if err != nil {
			t.Fatal(err)
		}
		r := DNSRecord{Publisher: p}
		if r.FormName(tt.zone) != tt.form || r.FullName() != tt.full {
			t.Errorf("%s in %s: form %s, full %s", tt.domain, tt.zone, r.FormName(tt.zone), r.FullName())
		}
	}
}

var zoneLine = regexp.MustCompile(`^([^ ]+)\. IN TXT((?: "(?:[^"\\]|\\["\\])*")+)$`)

// readZoneLine reads what a name server would: the name, and the strings joined.
func readZoneLine(t testing.TB, line string) (name, text string) {
	t.Helper()
	m := zoneLine.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("no zone line: %s", line)
	}
	for _, quoted := range regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).FindAllString(m[2], -1) {
		part, err := strconv.Unquote(quoted)
		if err != nil || len(part) > 255 || part == "" {
			t.Fatalf("string %s, error %v", quoted, err)
		}
		text += part
	}
	return m[1], text
}

func TestZoneLine(t *testing.T) {
	p := metadata.MustPublisher("https://acme.example")
	keys := []Key{generate(t, metadata.KeyEd25519), generate(t, metadata.KeyP256)}
	rapid.Check(t, func(rt *rapid.T) {
		want, err := rapid.SampledFrom(keys).Draw(rt, "key").Record()
		if err != nil {
			rt.Fatal(err)
		}
		want.Subdomains = rapid.Bool().Draw(rt, "s")
		want.Test = rapid.Bool().Draw(rt, "t")
		want.NotAfter = rapid.SampledFrom([]int64{0, 1774915200}).Draw(rt, "x")
		if rapid.Bool().Draw(rt, "revoked") {
			want.PublicKey = ""
		}
		name, text := readZoneLine(t, DNSRecord{p, want}.ZoneLine())
		got, err := metadata.ParseKeyRecord(text)
		if err != nil || got != want || name != "_client-key.acme.example" {
			rt.Fatalf("%s: %s is read as %s, error %v", name, want, got, err)
		}
	})
	t.Run("long texts are split", func(t *testing.T) {
		long := metadata.KeyRecord{KeyID: "2026a", Type: metadata.KeyEd25519, PublicKey: strings.Repeat("x", 600)}
		line := DNSRecord{p, long}.ZoneLine()
		if _, text := readZoneLine(t, line); text != long.String() || strings.Count(line, `" "`) != 3 {
			t.Errorf("line %s", line)
		}
	})
	t.Run("quotes are escaped", func(t *testing.T) {
		odd := metadata.KeyRecord{KeyID: `a"; evil IN TXT "\`}
		if _, text := readZoneLine(t, DNSRecord{p, odd}.ZoneLine()); text != odd.String() {
			t.Errorf("text %s", text)
		}
	})
}

func TestMarshalPublisherDocument(t *testing.T) {
	p := metadata.MustPublisher("https://acme.example")
	k := generate(t, metadata.KeyEd25519)
	d := metadata.PublisherDocument{
		Publisher: p,
		Keys:      []json.RawMessage{k.JWK()},
		Clients:   []metadata.ListedClient{{SoftwareID: "acme-agent", ClientID: "https://acme.example/mcp/client.json", NotBefore: 1767225600}},
		Revoked:   []string{"0a1b"},
	}
	data, err := MarshalPublisherDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := metadata.ParsePublisherDocument(data, p)
	if err != nil {
		t.Fatal(err)
	}
	if published, err := jose.ParseJWK(got.Keys[0]); err != nil || published.Thumbprint() != k.Thumbprint() {
		t.Errorf("key %s, error %v", got.Keys[0], err)
	}
	got.Keys = d.Keys // the same but for white space
	if diff := cmp.Diff(d, got, cmp.AllowUnexported(metadata.Publisher{})); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	tests := []struct {
		name string
		keys []json.RawMessage
		want metadata.Reason
	}{
		{"C7 a private key", []json.RawMessage{k.JWK(), json.RawMessage(`{"kty":"OKP","crv":"Ed25519","kid":"b","x":"AA","d":"AA"}`)}, metadata.ReasonKeyExposed},
		{"C10 a weak key", []json.RawMessage{json.RawMessage(`{"kty":"OKP","crv":"Ed25519","kid":"b","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`)}, metadata.ReasonKeyUnusable},
		{"one kid twice", []json.RawMessage{k.JWK(), k.JWK()}, metadata.ReasonKeyUnusable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := d
			bad.Keys = tt.keys
			data, err := MarshalPublisherDocument(bad)
			wantReason(t, err, tt.want)
			if data != nil {
				t.Errorf("written nevertheless: %s", data)
			}
		})
	}
	t.Run("too large", func(t *testing.T) {
		bad := d
		bad.Revoked = []string{strings.Repeat("x", 64<<10)}
		if _, err := MarshalPublisherDocument(bad); err == nil {
			t.Error("written")
		}
	})
	t.Run("no publisher", func(t *testing.T) {
		if data, err := MarshalPublisherDocument(metadata.PublisherDocument{}); err == nil {
			t.Errorf("written: %s", data)
		}
	})
}
