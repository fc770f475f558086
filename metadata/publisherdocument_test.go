package metadata_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

const publisherDocument = `{"publisher":"https://acme.example",` +
	`"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"AA"},{"kty":"EC"}],` +
	`"clients":[{"software_id":"acme-agent","client_id":"https://acme.example/client.json","not_before":1767225600},{"software_id":"cli"},{"client_id":"https://acme.example/bare.json"}],` +
	`"revoked":["s1","s2"]}`

func TestParsePublisherDocument(t *testing.T) {
	origin := metadata.MustPublisher("https://acme.example")
	d, err := metadata.ParsePublisherDocument([]byte(publisherDocument), origin)
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.PublisherDocument{
		Publisher: origin,
		Keys:      []json.RawMessage{json.RawMessage(`{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"AA"}`), json.RawMessage(`{"kty":"EC"}`)},
		Clients:   []metadata.ListedClient{{SoftwareID: "acme-agent", ClientID: "https://acme.example/client.json", NotBefore: 1767225600}, {SoftwareID: "cli"}, {ClientID: "https://acme.example/bare.json"}},
		Revoked:   []string{"s1", "s2"},
	}
	if diff := cmp.Diff(want, d, cmp.AllowUnexported(metadata.Publisher{})); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	if printed, err := d.MarshalJSON(); err != nil || string(printed) != publisherDocument {
		t.Errorf("prints as %s, %v", printed, err)
	}
	for want, d := range map[string]metadata.PublisherDocument{
		`{"publisher":"https://acme.example","keys":[]}`:              {Publisher: origin},
		`{"publisher":"https://acme.example","keys":[],"clients":[]}`: {Publisher: origin, Clients: []metadata.ListedClient{}, Revoked: []string{}},
	} {
		if printed, err := d.MarshalJSON(); err != nil || string(printed) != want {
			t.Errorf("prints as %s, %v, want %s", printed, err, want)
		}
	}
}

func TestParsePublisherDocumentDefects(t *testing.T) {
	const mismatch = "wellknown_mismatch"
	base := map[string]string{"publisher": `"https://acme.example"`, "keys": `[]`}
	tests := []struct {
		name    string
		changes []string
		want    []string
	}{
		{"no keys", nil, nil},
		{"unknown members are ignored", []string{"x", "1", "Publisher", `"https://evil.example"`}, nil},
		{"publisher missing", []string{"publisher", ""}, []string{mismatch + " publisher"}},
		{"publisher of another host", []string{"publisher", `"https://evil.example"`}, []string{mismatch + " publisher"}},
		{"publisher below", []string{"publisher", `"https://a.acme.example"`}, []string{mismatch + " publisher"}},
		{"publisher with a slash", []string{"publisher", `"https://acme.example/"`}, []string{mismatch + " publisher"}},
		{"publisher null", []string{"publisher", "null"}, []string{mismatch + " publisher"}},
		{"keys object", []string{"keys", "{}"}, []string{mismatch + " keys"}},
		{"keys null", []string{"keys", "null"}, []string{mismatch + " keys"}},
		{"64 keys", []string{"keys", "[" + strings.Repeat("{},", 63) + "{}]"}, nil},
		{"65 keys", []string{"keys", "[" + strings.Repeat("{},", 64) + "{}]"}, []string{mismatch + " keys"}},
		{"private key", []string{"keys", `[{"kty":"OKP","d":"AA"}]`}, []string{"key_exposed keys"}},
		{"symmetric key", []string{"keys", `[{"kty":"OKP"},{"kty":"oct","k":"AA"}]`}, []string{"key_exposed keys"}},
		{"unknown member of a client", []string{"clients", `[{"x":1,"software_id":"a"}]`}, nil},
		{"clients object", []string{"clients", "{}"}, []string{mismatch + " clients"}},
		{"client is a string", []string{"clients", `["a"]`}, []string{mismatch + " clients"}},
		{"client names nothing", []string{"clients", `[{}]`}, []string{mismatch + " clients"}},
		{"software_id number", []string{"clients", `[{"software_id":1}]`}, []string{mismatch + " clients"}},
		{"client_id null", []string{"clients", `[{"software_id":"a","client_id":null}]`}, []string{mismatch + " clients"}},
		{"J47 not_before text", []string{"clients", `[{"software_id":"a","not_before":"1767225600"}]`}, []string{mismatch + " clients"}},
		{"J47 not_before earliest", []string{"clients", `[{"software_id":"a","not_before":1420070400}]`}, nil},
		{"J47 not_before latest", []string{"clients", `[{"software_id":"a","not_before":4102444799}]`}, nil},
		{"J47 not_before too early", []string{"clients", `[{"software_id":"a","not_before":1420070399}]`}, []string{mismatch + " clients"}},
		{"J47 not_before too late", []string{"clients", `[{"software_id":"a","not_before":4102444800}]`}, []string{mismatch + " clients"}},
		{"F10 not_before too large", []string{"clients", `[{"software_id":"a","not_before":9223372036854775807}]`}, []string{mismatch + " clients"}},
		{"revoked string", []string{"revoked", `"s1"`}, []string{mismatch + " revoked"}},
		{"64 clients", []string{"clients", repeated(`{"software_id":"a"}`, 64)}, nil},
		{"65 clients", []string{"clients", repeated(`{"software_id":"a"}`, 65)}, []string{mismatch + " clients"}},
		{"256 revoked ids", []string{"revoked", repeated(`"s1"`, 256)}, nil},
		{"257 revoked ids", []string{"revoked", repeated(`"s1"`, 257)}, []string{mismatch + " revoked"}},
		{"revoked id of 256 bytes", []string{"revoked", `["` + strings.Repeat("s", 256) + `"]`}, nil},
		{"revoked id of 257 bytes", []string{"revoked", `["` + strings.Repeat("s", 257) + `"]`}, []string{mismatch + " revoked"}},
		{"revoked id empty", []string{"revoked", `["s1",""]`}, []string{mismatch + " revoked"}},
		{"revoked with a number", []string{"revoked", `["s1",2]`}, []string{mismatch + " revoked"}},
	}
	origin := metadata.MustPublisher("https://acme.example")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := metadata.ParsePublisherDocument(object(base, tt.changes...), origin)
			if d := cmp.Diff(tt.want, defects(t, err)); d != "" {
				t.Errorf("defects (-want +got):\n%s", d)
			}
		})
	}
	for _, data := range []string{"", "[]", "<html>", publisherDocument + "{}", `{"publisher":"https://acme.example","publisher":"https://acme.example"}`} {
		if _, err := metadata.ParsePublisherDocument([]byte(data), origin); defects(t, err)[0] != mismatch {
			t.Errorf("%s: %v", data, err)
		}
	}
}

// repeated returns an array of n elements.
func repeated(element string, n int) string {
	return "[" + strings.Repeat(element+",", n-1) + element + "]"
}

// What is remembered of a document is not all of its bytes.
func TestPublisherDocumentHoldsNoData(t *testing.T) {
	data := []byte(publisherDocument)
	d, err := metadata.ParsePublisherDocument(data, metadata.MustPublisher("https://acme.example"))
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if printed, err := d.MarshalJSON(); err != nil || string(printed) != publisherDocument {
		t.Errorf("prints as %q, %v when the data is gone", printed, err)
	}
}

// A publisher that is refused for its list learns what to write in its place.
func TestManyRevoked(t *testing.T) {
	many := object(map[string]string{"publisher": `"https://acme.example"`}, "revoked", repeated(`"s1"`, 257))
	_, err := metadata.ParsePublisherDocument(many, metadata.MustPublisher("https://acme.example"))
	if err == nil || !strings.Contains(err.Error(), "not_before") {
		t.Errorf("%v, want an error that names not_before", err)
	}
}

func TestLists(t *testing.T) {
	const url = "https://acme.example/client.json"
	listed := []metadata.ListedClient{{SoftwareID: "agent", ClientID: url, NotBefore: 1767225600}, {SoftwareID: "cli"}, {ClientID: "https://acme.example/bare.json"}}
	tests := []struct {
		name                 string
		clients              []metadata.ListedClient
		softwareID, clientID string
		want                 bool
		notBefore            int64
	}{
		{"the document does not say", nil, "x", "", true, 0},
		{"complete and empty", []metadata.ListedClient{}, "x", "", false, 0},
		{"software and address", listed, "agent", url, true, 1767225600},
		{"software, no address stated", listed, "agent", "", true, 1767225600},
		{"software at another address", listed, "agent", url + "x", false, 0},
		{"software without listed address", listed, "cli", url, true, 0},
		{"other software", listed, "other", url, false, 0},
		{"bare document", listed, "", "https://acme.example/bare.json", true, 0},
		{"bare document of listed software", listed, "", url, true, 1767225600},
		{"bare document that is not listed", listed, "", url + "x", false, 0},
		{"nothing known", listed, "", "", false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, notBefore := metadata.PublisherDocument{Clients: tt.clients}.Lists(tt.softwareID, tt.clientID)
			if got != tt.want || notBefore != tt.notBefore {
				t.Errorf("listed %v from %d, want %v from %d", got, notBefore, tt.want, tt.notBefore)
			}
		})
	}
}
