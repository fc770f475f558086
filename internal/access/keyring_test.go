package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
)

// A memory is a Store in memory.
type memory struct {
	mu   sync.Mutex
	keys map[string]access.Record
	err  error // of the next write
}

func (m *memory) APIKeys(context.Context) ([]access.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.keys)), nil
}

func (m *memory) PutAPIKey(_ context.Context, r access.Record, _ issuer.Act) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.keys == nil {
		m.keys = map[string]access.Record{}
	}
	m.keys[r.ID] = r
	return nil
}

var noon = time.Date(2026, 1, 15, 12, 0, 0, 5, time.UTC)

func open(t *testing.T, m *memory) *access.Keyring {
	t.Helper()
	k, err := access.Open(t.Context(), m, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func create(t *testing.T, k *access.Keyring, g access.Terms) (access.Key, string) {
	t.Helper()
	key, token, err := k.Create(t.Context(), g, "ada")
	if err != nil {
		t.Fatal(err)
	}
	return key, token
}

func TestAuthenticate(t *testing.T) {
	m := &memory{}
	k := open(t, m)
	key, token := create(t, k, access.Terms{Name: "the AS", Role: access.Decide})
	_, other := create(t, k, access.Terms{Name: "another", Role: access.Operator})
	for name, ring := range map[string]*access.Keyring{"as made": k, "as read again": open(t, m)} {
		if got, err := ring.Authenticate(token); err != nil || got.ID != key.ID || got.Role != access.Decide {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	last := len(token) - 1
	flipped := token[:last] + string(token[last]^1)
	for name, wrong := range map[string]string{
		"empty": "", "the prefix": "csk_", "the id": "csk_" + key.ID + "_", "cut": token[:last], "longer": token + "0",
		"another secret": flipped, "upper case": strings.ToUpper(token), "a space after": token + " ", "a space before": " " + token,
		"NUL after": token + "\x00", "NUL in place of the last": token[:last] + "\x00",
		"the secret of another key": token[:len("csk_")+len(key.ID)+1] + other[len("csk_")+len(key.ID)+1:],
		"an id that is not there":   "csk_0000000000000000_" + strings.Repeat("0", 64),
		"a megabyte":                token + strings.Repeat("a", 1<<20),
	} {
		t.Run("A2 "+name, func(t *testing.T) {
			if got, err := k.Authenticate(wrong); !errors.Is(err, access.ErrUnknown) || got.ID != "" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// A2: what is kept, and what is listed, lets nobody in.
func TestNothingKeptOpens(t *testing.T) {
	m := &memory{}
	k := open(t, m)
	key, token := create(t, k, access.Terms{Name: "the AS", Role: access.Decide})
	secret := token[len("csk_")+len(key.ID)+1:]
	for name, v := range map[string]any{"the store": m.keys, "the list": k.List()} {
		text, err := json.Marshal(v)
		if err != nil || !strings.Contains(string(text), key.ID) || strings.Contains(string(text), secret) {
			t.Errorf("%s has %s: %v", name, text, err)
		}
	}
	if digest := m.keys[key.ID].Digest; len(digest) != 32 {
		t.Errorf("the digest has %d bytes", len(digest))
	}
	if _, again := create(t, k, access.Terms{Name: "the AS", Role: access.Decide}); again == token {
		t.Error("two keys have one token")
	}
	if len(secret) != 64 {
		t.Errorf("the secret has %d hex digits, want 256 bits", len(secret))
	}
}

func TestRevoke(t *testing.T) {
	m := &memory{}
	k := open(t, m)
	key, token := create(t, k, access.Terms{Name: "the AS", Role: access.Decide})
	if _, err := k.Revoke(t.Context(), "0000000000000000", "ada"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("an id that is not there: %v", err)
	}
	m.err = errors.New("disk")
	if _, err := k.Revoke(t.Context(), key.ID, "ada"); err == nil {
		t.Error("a revocation that was not written is no error")
	}
	if !k.InForce() {
		t.Error("a revocation that was not written is in force")
	}
	m.err = nil
	for range 2 {
		revoked, err := k.Revoke(t.Context(), key.ID, "ada")
		if err != nil || !revoked.Revoked.Equal(noon.Truncate(time.Second)) {
			t.Fatalf("%+v, %v", revoked, err)
		}
	}
	for name, ring := range map[string]*access.Keyring{"at once": k, "as read again": open(t, m)} {
		if _, err := ring.Authenticate(token); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("A2 revoked, %s: %v", name, err)
		}
		if ring.InForce() {
			t.Errorf("%s: a key is in force", name)
		}
	}
}

func TestFirst(t *testing.T) {
	m := &memory{}
	k := open(t, m)
	if k.InForce() {
		t.Error("a key is in force before there is any")
	}
	token, err := k.First(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := k.Authenticate(token)
	if err != nil || key.Role != access.Operator {
		t.Errorf("%+v, %v", key, err)
	}
	if again, err := open(t, m).First(t.Context()); again != "" || err != nil {
		t.Errorf("a second start made %q, %v", again, err)
	}
	if _, err := k.Revoke(t.Context(), key.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	if again, err := open(t, m).First(t.Context()); again != "" || err != nil {
		t.Errorf("A2 a start after the last was revoked made %q, %v", again, err)
	}
}

// A2: a store that lost the digest of a key lets nobody in with it.
func TestOpenRefuses(t *testing.T) {
	for name, r := range map[string]access.Record{
		"an empty digest": {Key: access.Key{ID: "0000000000000000"}},
		"a short digest":  {Key: access.Key{ID: "0000000000000000"}, Digest: []byte("short")},
		"no id":           {Digest: make([]byte, 32)},
	} {
		t.Run("A2 "+name, func(t *testing.T) {
			m := &memory{keys: map[string]access.Record{r.ID: r}}
			if _, err := access.Open(t.Context(), m, time.Now); err == nil {
				t.Error("it was opened")
			}
		})
	}
}

func TestTermsCheck(t *testing.T) {
	good := access.Terms{Name: "the AS", Role: access.Decide, Rights: []access.Right{access.Source}, AuthorizationServers: []string{"https://as.example"}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*access.Terms){
		"no name":                    func(g *access.Terms) { g.Name = "" },
		"a name in two lines":        func(g *access.Terms) { g.Name = "a\nb" },
		"a name that is no text":     func(g *access.Terms) { g.Name = "\xff" },
		"a long name":                func(g *access.Terms) { g.Name = strings.Repeat("a", 101) },
		"no role":                    func(g *access.Terms) { g.Role = "" },
		"another role":               func(g *access.Terms) { g.Role = "admin" },
		"another right":              func(g *access.Terms) { g.Rights = []access.Right{"all"} },
		"a right twice":              func(g *access.Terms) { g.Rights = []access.Right{access.Source, access.Source} },
		"a server that is http":      func(g *access.Terms) { g.AuthorizationServers = []string{"http://as.example"} },
		"an empty server":            func(g *access.Terms) { g.AuthorizationServers = []string{""} },
		"a server twice":             func(g *access.Terms) { g.AuthorizationServers = []string{"https://a.example", "https://a.example"} },
		"more servers than are kept": func(g *access.Terms) { g.AuthorizationServers = make([]string, 65) },
	} {
		t.Run(name, func(t *testing.T) {
			g := good
			change(&g)
			if _, _, err := open(t, &memory{}).Create(t.Context(), g, "ada"); err == nil {
				t.Errorf("%+v was taken", g)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	for _, role := range access.Roles() {
		if access.Metrics.Covers(role) != (role == access.Metrics) || role.Covers(access.Metrics) != (role == access.Metrics || role == access.Operator) {
			t.Errorf("%s and %s: %t, %t", access.Metrics, role, access.Metrics.Covers(role), role.Covers(access.Metrics))
		}
	}
	order := []access.Role{access.Read, access.Decide, access.Operator}
	for i, has := range order {
		for j, need := range order {
			if has.Covers(need) != (i >= j) {
				t.Errorf("%s covers %s: %t", has, need, has.Covers(need))
			}
		}
		for _, other := range []access.Role{"", "admin"} {
			if has.Covers(other) || other.Covers(has) || other.Covers(other) {
				t.Errorf("%q and %q cover each other", has, other)
			}
		}
	}
}

func TestRights(t *testing.T) {
	none := access.Key{Terms: access.Terms{Role: access.Decide}}
	source := access.Key{Terms: access.Terms{Role: access.Decide, Rights: []access.Right{access.Source}}}
	switch {
	case none.May(access.Source), none.May(access.Findings), source.May(access.Findings), access.Key{}.May(access.Source):
		t.Error("a key may do what nobody gave it")
	case !source.May(access.Source), !access.Local().May(access.Findings), !access.Local().May(access.Source):
		t.Error("a key may not do what it was given")
	}
}

func TestAuthorizationServer(t *testing.T) {
	const own, first, second = "https://own.example", "https://first.example", "https://second.example"
	for _, test := range []struct {
		name  string
		role  access.Role
		list  []string
		asked string
		want  string
		ok    bool
	}{
		{"none is named", access.Decide, nil, "", "", true},
		{"the service's own", access.Decide, nil, own, own, true},
		{"another", access.Decide, nil, first, first, false},
		{"an operator names another", access.Operator, nil, first, first, true},
		{"the first is the default", access.Decide, []string{first, second}, "", first, true},
		{"the second is named", access.Decide, []string{first, second}, second, second, true},
		{"the service's own, which is not listed", access.Decide, []string{first}, own, own, false},
		{"an operator's key with a list", access.Operator, []string{first}, second, second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := access.Key{Terms: access.Terms{Role: test.role, AuthorizationServers: test.list}}
			if got, ok := key.AuthorizationServer(test.asked, own); got != test.want || ok != test.ok {
				t.Errorf("%q, %t, want %q, %t", got, ok, test.want, test.ok)
			}
		})
	}
	if _, ok := (access.Key{Terms: access.Terms{Role: access.Decide}}).AuthorizationServer("", ""); !ok {
		t.Error("a request that names none is refused where the service has none")
	}
}
