package vectortest

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

// The parties of a drawn world. Acme publishes the client; everybody else is a
// stranger to it.
var (
	Acme  = metadata.MustPublisher("https://acme.example")
	Other = metadata.MustPublisher("https://other.example")

	// DrawnNow is the one instant of drawn worlds.
	DrawnNow = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

	// Genuine is the key that acme publishes as DrawnKeyID; Foreign is the
	// stranger's key under the same name.
	Genuine = drawnSigner(1)
	Foreign = drawnSigner(2)
)

// DrawnKeyID is the kid of every drawn statement, DrawnServer the authorization
// server for which every drawn client is judged.
const (
	DrawnKeyID  = "2026a"
	DrawnServer = "https://as.example"
)

// A Drawn is a world that was drawn at random, and a client in it.
type Drawn struct {
	Vector       testvectors.Vector
	Presentation verify.Presentation

	// Labels say what was drawn, by kind: "dns" is "secure".
	Labels map[string]string

	// Stated is what the statement says, nil where there is none.
	Stated *metadata.Client
}

// Draw draws a world in which anything may be right or wrong. In half of
// them nearly all is right.
func Draw(t *rapid.T) Drawn {
	d := drawing{t: t, calm: rapid.SampledFrom([]int{12, 12, 3, 0}).Draw(t, "calm"), labels: map[string]string{},
		v: testvectors.Vector{ID: "drawn", Now: DrawnNow, Header: map[string][]string{}, Files: map[string][]byte{}}}
	d.drawKeys()
	client := d.drawClient()
	stated, statement := d.drawStatement(client)
	p := d.present(client, statement)
	return Drawn{Vector: d.v, Presentation: p, Labels: d.labels, Stated: stated}
}

// Config returns what a verifier needs to live in the world.
func (d Drawn) Config() (verify.Config, error) {
	w, err := New(d.Vector)
	if err != nil {
		return verify.Config{}, err
	}
	cfg, err := w.Config()
	if d.Labels["memory"] == "fresh" {
		cfg.Memory = w
	}
	return cfg, err
}

// Sign returns a statement of claims under DrawnKeyID.
func Sign(s metadata.Statement, signer jose.Signer) (string, error) {
	payload, err := s.MarshalJSON()
	if err != nil {
		return "", err
	}
	return jose.Sign(payload, jose.TypeStatement, signer)
}

type drawing struct {
	t      *rapid.T
	calm   int
	labels map[string]string
	v      testvectors.Vector
}

// pick draws one of several values, the usual one more often the calmer the
// world is.
func (d *drawing) pick(kind, usual string, others ...string) string {
	values := append([]string{usual}, others...)
	values = append(values, slices.Repeat([]string{usual}, d.calm*len(others))...)
	value := rapid.SampledFrom(values).Draw(d.t, kind)
	d.labels[kind] = value
	return value
}

// drawKeys draws what acme publishes, what is pinned, and what is remembered.
func (d *drawing) drawKeys() {
	d.v.Header["dns"] = []string{d.pick("dns", "secure", "insecure", "corroborated", "unavailable", "bogus", "wildcard")}
	record, _ := Genuine.Key.Record()
	zone := d.pick("record", "live", "absent", "other_kid", "other_key", "revoked", "malformed", "subdomains", "test", "ended", "later", "instances")
	switch zone {
	case "other_kid":
		record.KeyID = "2025z"
	case "other_key":
		record, _ = Foreign.Key.Record()
	case "revoked":
		record.PublicKey = ""
	case "subdomains":
		record.Subdomains = true
	case "test":
		record.Test = true
	case "ended":
		record.NotAfter = DrawnNow.Unix()
	case "later":
		record.NotBefore = DrawnNow.Unix()
	case "instances":
		record.Instances = true
	}
	text := record.String()
	if zone == "malformed" {
		text = "v=ck1; kid=" + DrawnKeyID + "; k=ed25519; p=?"
	}
	foreign, _ := stranger().Key.Record()
	records := fmt.Appendf(nil, "%s. 300 IN TXT %q\n", Other.KeyRecordName(), foreign.String())
	if zone != "absent" {
		records = fmt.Appendf(records, "%s. 300 IN TXT %q\n", Acme.KeyRecordName(), text)
	}
	d.v.Files["dns.zone"] = records
	d.drawPublisherDocument()
	d.drawKeySet()
	pin := d.pick("pin", "none", "pinned", "pinned_lookup", "pinned_other", "pinned_other_lookup")
	if pin != "none" {
		key := Genuine.Key.JWK()
		if strings.HasPrefix(pin, "pinned_other") {
			key = renamed(Foreign, "2024x").Key.JWK()
		}
		d.v.Files["roots.json"] = fmt.Appendf(nil, `{"publishers":{%q:{"keys":[%s],"and_lookup":%t}}}`,
			Acme, key, strings.HasSuffix(pin, "lookup"))
	}
	switch d.pick("memory", "line", "none", "fresh", "new") {
	case "line":
		d.v.Header["seen"] = []string{DrawnKeyID + " 2025-06-01T00:00:00Z 2026-01-14T00:00:00Z"}
	case "new":
		d.v.Header["seen"] = []string{"gone 2025-06-01T00:00:00Z 2026-01-14T00:00:00Z"}
	}
}

func (d *drawing) drawPublisherDocument() {
	url := Acme.PublisherDocumentURL()
	key := Genuine.Key.JWK()
	more := ""
	switch value := d.pick("wellknown", "absent", "live", "listed", "other_key", "other_kid", "timeout", "500", "page",
		"exposed", "unlisted", "revoked", "refused"); value {
	case "absent":
		return
	case "timeout", "500", "refused":
		d.v.Header["http"] = append(d.v.Header["http"], url+" "+value)
		return
	case "page":
		d.v.Files[url] = []byte("<html>")
		return
	case "exposed":
		key = json.RawMessage(`{"kty":"oct","k":"AAAA"}`)
	case "other_key":
		key = Foreign.Key.JWK()
	case "other_kid":
		key = renamed(Genuine, "2025z").Key.JWK()
	case "listed":
		more = `,"clients":[{"software_id":"acme-agent"}]`
	case "unlisted":
		more = `,"clients":[]`
	case "revoked":
		more = `,"revoked":["acme-agent-1"]`
	}
	d.v.Files[url] = fmt.Appendf(nil, `{"publisher":%q,"keys":[%s]%s}`, Acme, key, more)
}

// KeySetURL is where acme serves the keys with which its client authenticates.
const KeySetURL = "https://acme.example/jwks.json"

// drawKeySet draws what acme's jwks_uri serves. The stranger's always serves.
func (d *drawing) drawKeySet() {
	d.v.Files["https://other.example/jwks.json"] = keySet(Foreign)
	switch value := d.pick("jwks", "served", "absent", "timeout", "refused", "page", "private", "empty"); value {
	case "served":
		d.v.Files[KeySetURL] = keySet(Genuine)
	case "timeout", "refused":
		d.v.Header["http"] = append(d.v.Header["http"], KeySetURL+" "+value)
	case "page":
		d.v.Files[KeySetURL] = []byte("<html>")
	case "private":
		d.v.Files[KeySetURL] = []byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`)
	case "empty":
		d.v.Files[KeySetURL] = []byte(`{"keys":[]}`)
	}
}

// present draws how the client comes, and serves its metadata document.
func (d *drawing) present(c metadata.Client, statement string) verify.Presentation {
	p := verify.Presentation{Audience: DrawnServer}
	if d.pick("in_use", "unknown", "first") == "first" && len(c.RedirectURIs) > 0 {
		p.RedirectURI = c.RedirectURIs[0]
	}
	c.SoftwareStatement = statement
	if c.ClientID != "" {
		d.serve(c)
	}
	switch d.labels["road"] {
	case "document":
		p.ClientID = c.ClientID
		if d.labels["document"] != "served" {
			p.Statement = statement // a copy, since the site may be down
		}
	case "statement":
		p.Statement = statement
	default:
		c.ClientID = ""
		d.plain(&c)
		p.Client = &c
	}
	return p
}

func (d *drawing) serve(c metadata.Client) {
	url := c.ClientID
	if d.labels["client_id"] == "elsewhere" {
		return
	}
	switch value := d.pick("document", "served", "timeout", "404", "410", "refused", "differs", "secret"); value {
	case "served":
	case "differs":
		c.ClientID += "x"
	case "secret":
		c.More = map[string]json.RawMessage{"client_secret": json.RawMessage(`"hunter2"`)}
	default:
		d.v.Header["http"] = append(d.v.Header["http"], url+" "+value)
		return
	}
	body, err := c.MarshalJSON()
	if err != nil {
		d.t.Fatalf("writing a document: %v", err)
	}
	d.v.Files[url] = body
}

// plain draws what the plain members of a registration add to the statement or
// leave out.
func (d *drawing) plain(c *metadata.Client) {
	switch d.pick("plain", "same", "silent", "narrow", "wide", "foreign_redirect", "foreign_jwks") {
	case "silent":
		if c.SoftwareStatement != "" {
			*c = metadata.Client{SoftwareStatement: c.SoftwareStatement}
		}
	case "narrow":
		c.Scope = "files:read"
	case "wide":
		c.Scope = strings.TrimSpace(c.Scope + " files:delete wide:read")
	case "foreign_redirect":
		c.RedirectURIs = []string{"https://other.example/steal"}
	case "foreign_jwks":
		c.TokenEndpointAuthMethod = metadata.AuthPrivateKeyJWT
		c.JWKSURI, c.JWKS = "", keySet(Foreign)
	}
}

// drawnSigner makes a key that depends on n only.
func drawnSigner(n byte) jose.Signer {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	private := ed25519.NewKeyFromSeed(seed)
	key, err := jose.FromPublic(DrawnKeyID, private.Public())
	if err != nil {
		panic(err)
	}
	return jose.Signer{Key: key, Signer: private}
}

// renamed returns the same key under another kid.
func renamed(s jose.Signer, kid string) jose.Signer {
	key, err := jose.FromPublic(kid, s.Public())
	if err != nil {
		panic(err)
	}
	return jose.Signer{Key: key, Signer: s.Signer}
}

// stranger is the key that other.example publishes.
func stranger() jose.Signer { return renamed(Foreign, "other1") }

func keySet(s jose.Signer) json.RawMessage {
	return json.RawMessage(`{"keys":[` + string(s.Key.JWK()) + `]}`)
}
