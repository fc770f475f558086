package verify_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// keyed is a registration of a client that authenticates with a key at acme's
// jwks_uri, with further redirect URIs.
func keyed(redirects ...string) verify.Presentation {
	return verify.Presentation{Client: &metadata.Client{ClientName: "Acme Agent",
		RedirectURIs:            append([]string{"https://acme.example/callback"}, redirects...),
		TokenEndpointAuthMethod: metadata.AuthPrivateKeyJWT, JWKSURI: vectortest.KeySetURL}}
}

func servedKeys(keys string) map[string]string {
	return map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.KeySetURL: `{"keys":[` + keys + `]}`}
}

// What a jwks_uri serves is looked up once at a time, holds for as long as it
// says within bounds, and what was not there for a minute.
func TestKeySetIsFetchedSeldom(t *testing.T) {
	key := string(vectortest.Genuine.Key.JWK())
	t.Run("J38 one flight, however many ask", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlace(t, nil, servedKeys(key), nil)
			p.delay = time.Second
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					v, err := p.verifier.Verify(t.Context(), keyed())
					if err != nil || !v.Passed(verify.CheckPossession) {
						t.Errorf("%v %v", v, err)
					}
				})
			}
			wg.Wait()
			p.wantPackets(t, 0, 1)
		})
	})
	for name, c := range map[string]struct {
		header []string
		keys   string
		fresh  time.Duration
		holds  time.Duration
	}{
		"J38 says nothing of how long":  {nil, key, time.Nanosecond, time.Minute},
		"as it says":                    {nil, key, 5 * time.Minute, 5 * time.Minute},
		"K20 a week":                    {nil, key, 7 * 24 * time.Hour, 15 * time.Minute},
		"K25 no answer":                 {[]string{"http: " + vectortest.KeySetURL + " timeout"}, key, time.Hour, time.Minute},
		"K25 nothing that can be used":  {nil, "", time.Hour, time.Minute},
		"K25 304, and nothing was kept": {[]string{"http: " + vectortest.KeySetURL + " 304"}, key, time.Hour, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, c.header, servedKeys(c.keys), nil)
			p.fresh = c.fresh
			for _, step := range []struct {
				wait    time.Duration
				fetches int
			}{{0, 1}, {c.holds - time.Second, 1}, {time.Second, 2}} {
				p.after(step.wait)
				p.verify(t, keyed())
				p.wantPackets(t, 0, step.fetches)
			}
		})
	}
}

func TestKeySetAtJWKSURI(t *testing.T) {
	key := string(vectortest.Genuine.Key.JWK())
	t.Run("K1 over 64 KiB", func(t *testing.T) {
		p := newPlace(t, nil, servedKeys(strings.TrimSuffix(key, "}")+`,"x_fill":"`+strings.Repeat("a", 64<<10)+`"}`), nil)
		wantFinding(t, p.verify(t, keyed()), verify.CheckPossession, verify.Failed, metadata.ReasonKeyUnusable)
	})
	t.Run("K20 a key that was taken away, and one that came back", func(t *testing.T) {
		p := newPlace(t, nil, servedKeys(key), nil)
		if v := p.verify(t, keyed()); !v.Passed(verify.CheckPossession) || v.Binding != metadata.BindingKey {
			t.Errorf("binding %s\n%s", v.Binding, findings(v))
		}
		p.Serve(vectortest.KeySetURL, []byte(`{"keys":[]}`))
		p.after(15 * time.Minute)
		v := p.verify(t, keyed())
		wantFinding(t, v, verify.CheckPossession, verify.Failed, metadata.ReasonKeyUnusable)
		if v.Binding != metadata.BindingWeb {
			t.Errorf("binding %s without a key", v.Binding)
		}
		p.Serve(vectortest.KeySetURL, []byte(`{"keys":[`+key+`]}`))
		p.after(time.Minute)
		wantFinding(t, p.verify(t, keyed()), verify.CheckPossession, verify.Passed, "")
	})
	t.Run("evidence ends with it", func(t *testing.T) {
		p := newPlace(t, nil, servedKeys(key), nil)
		v := p.verify(t, keyed())
		end := vectortest.DrawnNow.Add(5 * time.Minute)
		if !v.ValidUntil().Equal(end) {
			t.Errorf("valid until %s", v.ValidUntil())
		}
		seen := verify.Evidence{Source: "jwks_uri", Server: "192.0.2.80:443", Name: vectortest.KeySetURL, SeenAt: vectortest.DrawnNow, ValidUntil: end}
		if f, _ := v.Finding(verify.CheckPossession); f.Evidence != seen {
			t.Errorf("evidence %+v, want %+v", f.Evidence, seen)
		}
	})
	t.Run("nothing is fetched without a fetcher", func(t *testing.T) {
		p := newPlace(t, nil, nil, func(cfg *verify.Config) { cfg.Fetcher = nil })
		wantFinding(t, p.verify(t, keyed()), verify.CheckPossession, verify.Skipped, "")
	})
	t.Run("K28 nothing is fetched from a host that is not covered", func(t *testing.T) {
		p := newPlace(t, nil, map[string]string{"https://other.example/jwks.json": `{"keys":[` + key + `]}`}, nil)
		foreign := keyed()
		foreign.Client.JWKSURI = "https://other.example/jwks.json"
		want(t, p.verify(t, foreign), verify.Rejected, metadata.ReasonMetadataConflict)
		p.wantPackets(t, 0, 0)
	})
	t.Run("a fourth document is not fetched", func(t *testing.T) {
		const foreign = "https://other.example/cb"
		c := keyed(foreign).Client
		c.ClientID, c.SoftwareID = vectortest.DocumentURL, "acme-agent"
		c.SoftwareStatement = statement(t, func(s *metadata.Statement) { s.Client = *c })
		body, err := c.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		files := servedKeys(key)
		files[vectortest.DocumentURL] = string(body)
		for name, presented := range map[string]verify.Presentation{"by its document": named, "by a copy": {Client: c}} {
			p := newPlace(t, []string{"dns: secure"}, files, nil)
			v := p.verify(t, presented)
			want(t, v, verify.Verified, "")
			wantFinding(t, v, verify.CheckPossession, verify.Skipped, "")
			p.wantPackets(t, 1, 3)
			if v.Binding == metadata.BindingKey {
				t.Errorf("%s, bound by a key that nobody saw", name)
			}
		}
	})
	for name, c := range map[string]struct{ served, says string }{
		"no JWK set":       {`{}`, "it has no member keys"},
		"no list of keys":  {`{"keys":{}}`, "keys is not an array"},
		"no key":           {`{"keys":[]}`, "no key that can be used"},
		"a key of no type": {`{"keys":[{}]}`, "no key that can be used"},
		"K5 a private key": {`{"keys":[` + secretJWK(vectortest.Genuine, vectortest.Genuine) + `]}`, "holds a private or symmetric key"},
		"K5 one beside others": {`{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `,{},` + secretJWK(vectortest.Genuine, vectortest.Genuine) + `]}`,
			"holds a private or symmetric key"},
	} {
		t.Run("says what is wrong: "+name, func(t *testing.T) {
			p := newPlace(t, nil, map[string]string{vectortest.KeySetURL: c.served}, nil)
			v := p.verify(t, keyed())
			if f, _ := v.Finding(verify.CheckPossession); f.Status != verify.Failed || !strings.Contains(f.Detail, c.says) {
				t.Errorf("want a failure with %q\n%s", c.says, findings(v))
			}
		})
	}
}

// Only a key that the publisher itself names binds the client, and nothing is
// fetched for one who cannot prove any.
func TestPossessionIsSkipped(t *testing.T) {
	key := string(vectortest.Genuine.Key.JWK())
	set := []byte(`{"keys":[` + key + `]}`)
	pins := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, vectortest.Acme, key)
	stated := func(c metadata.Client) *metadata.Client {
		c.SoftwareID = "acme-agent"
		return &metadata.Client{SoftwareStatement: statement(t, func(s *metadata.Statement) { s.Client = c })}
	}
	for name, tc := range map[string]struct {
		header  []string
		change  func(*metadata.Client)
		stated  bool
		binding metadata.Binding
	}{
		"a client without authentication": {nil, func(c *metadata.Client) { c.TokenEndpointAuthMethod = "none" }, false, metadata.BindingWeb},
		"a client with a secret":          {nil, func(c *metadata.Client) { c.TokenEndpointAuthMethod = "client_secret_basic" }, false, metadata.BindingWeb},
		"keys that nobody stands for":     {nil, func(c *metadata.Client) { c.JWKS, c.JWKSURI = set, "" }, false, metadata.BindingWeb},
		"keys that are stated":            {nil, func(c *metadata.Client) { c.JWKS, c.JWKSURI = set, "" }, true, metadata.BindingKey},
		"K28 a client of nobody's":        {nil, func(c *metadata.Client) { c.RedirectURIs = []string{"http://127.0.0.1/callback"} }, false, metadata.BindingLoose},
		"K28 a special-use name":          {[]string{"special_use: refused"}, func(*metadata.Client) {}, true, metadata.BindingWeb},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, tc.header, map[string]string{"roots.json": pins, vectortest.KeySetURL: string(set)}, nil)
			c := *keyed().Client
			tc.change(&c)
			presented := verify.Presentation{Client: &c}
			if tc.stated {
				presented.Client = stated(c)
			}
			v := p.verify(t, presented)
			want(t, v, verify.Verified, "")
			wantFinding(t, v, verify.CheckPossession, verify.Skipped, "")
			p.wantPackets(t, 0, 0)
			if v.Binding != tc.binding {
				t.Errorf("binding %s, want %s", v.Binding, tc.binding)
			}
		})
	}
}
