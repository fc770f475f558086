package issuer

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

func TestNewCountersigner(t *testing.T) {
	c := countersigner(t)
	if c.Issuer() != trust || strings.Contains(string(c.JWKS()), `"d"`) {
		t.Errorf("%s %s", c.Issuer(), c.JWKS())
	}
	keys := c.keys
	if _, err := NewCountersigner(metadata.Publisher{}, keys); err == nil {
		t.Error("without an origin")
	}
	if _, err := NewCountersigner(trust, nil); err == nil {
		t.Error("without a source of keys")
	}
	if _, err := NewCountersigner(trust, func() *CountersigningKeys { return nil }); err == nil {
		t.Error("without keys")
	}
}

func TestNewCountersigningKeys(t *testing.T) {
	first := CountersigningKey{"c1", vectortest.Genuine.Signer}
	second := CountersigningKey{"c2", vectortest.Foreign.Signer}
	for name, c := range map[string]struct {
		signing CountersigningKey
		others  []CountersigningKey
		kids    string // published; none where it is refused
	}{
		"one":                  {first, nil, "c1"},
		"one beside":           {second, []CountersigningKey{first}, "c2 c1"},
		"none":                 {CountersigningKey{}, nil, ""},
		"none beside":          {first, []CountersigningKey{{}}, ""},
		"without a kid":        {CountersigningKey{"", vectortest.Genuine.Signer}, nil, ""},
		"two of one kid":       {first, []CountersigningKey{{"c1", vectortest.Foreign.Signer}}, ""},
		"a kid with a quote":   {CountersigningKey{`c"`, vectortest.Genuine.Signer}, nil, ""},
		"beside without a kid": {first, []CountersigningKey{{"", vectortest.Foreign.Signer}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := NewCountersigningKeys(c.signing, c.others...)
			if c.kids == "" {
				if err == nil {
					t.Errorf("accepted: %s", keys.jwks)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			listed, problems, err := jose.ParseKeys(keys.jwks)
			if err != nil || len(problems) > 0 {
				t.Fatal(problems, err)
			}
			var kids []string
			for _, k := range listed {
				kids = append(kids, k.ID())
			}
			if got := strings.Join(kids, " "); got != c.kids || keys.KeyID() != c.signing.KeyID {
				t.Errorf("published %q, %s signs", got, keys.KeyID())
			}
		})
	}
}

// Keys that change while decisions are signed: each statement verifies with
// the set that was published with its key, and none is of two.
func TestCountersigningKeysChange(t *testing.T) {
	first := CountersigningKey{"c1", vectortest.Genuine.Signer}
	second := CountersigningKey{"c2", vectortest.Foreign.Signer}
	var sets [2]*CountersigningKeys
	for i, order := range [][2]CountersigningKey{{first, second}, {second, first}} {
		var err error
		if sets[i], err = NewCountersigningKeys(order[0], order[1]); err != nil {
			t.Fatal(err)
		}
	}
	var now atomic.Pointer[CountersigningKeys]
	now.Store(sets[0])
	c, err := NewCountersigner(trust, now.Load)
	if err != nil {
		t.Fatal(err)
	}
	published, _, err := jose.ParseKeys(c.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	o := signingOffice(t, secure, TierSigned, nil)
	d := o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))

	const rounds = 50
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range rounds {
				now.Store(sets[i%len(sets)])
				signed, err := c.Sign(d)
				if err != nil {
					t.Error(err)
					return
				}
				statement, err := jose.ParseCountersigned(signed)
				if err != nil {
					t.Error(err)
					return
				}
				for _, k := range published {
					if k.ID() == statement.Header.KeyID {
						err = statement.Verify(k)
					}
				}
				if err != nil {
					t.Errorf("kid %s: %v", statement.Header.KeyID, err)
				}
			}
		})
	}
	all.Wait()
	now.Store(sets[1])
	if signed, err := c.Sign(d); err != nil || !strings.HasPrefix(string(c.JWKS()), `{"keys":[`+string(published[1].JWK())) {
		t.Errorf("%s, %v, published %s", signed, err, c.JWKS())
	} else if statement, err := jose.ParseCountersigned(signed); err != nil || statement.Header.KeyID != "c2" {
		t.Errorf("signed by %s, %v", statement.Header.KeyID, err)
	}
}
