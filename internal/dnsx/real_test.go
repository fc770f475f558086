package dnsx

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/dnstest"
	"github.com/fc28f635/countersign/verify"
)

// zoneRecords are in every zone of the real server.
const zoneRecords = `_client-key IN TXT "v=ck1; kid=2026a; " "k=ed25519; p=AAAA"
*.wild IN TXT "v=ck1; kid=wild"
_client-key.alias IN CNAME target
_client-key.out IN CNAME target.plain.test.
target IN TXT "v=ck1; kid=target"
`

// TestRealServers asks a real authority (BIND) and a real validating resolver
// (unbound).
func TestRealServers(t *testing.T) {
	records := zoneRecords
	for i := range 30 {
		records += fmt.Sprintf("_client-key.many IN TXT \"%02d %s\"\n", i, strings.Repeat("x", 90))
	}
	var zones []dnstest.Zone
	for name, signing := range map[string]dnstest.Signing{
		"acme.test": dnstest.NSEC, "hashed.test": dnstest.NSEC3, "iterated.test": dnstest.Iterated, "plain.test": dnstest.Unsigned, "unsupported.test": dnstest.Unsupported,
		"expired.test": dnstest.Expired, "future.test": dnstest.Future, "foreign.test": dnstest.ForeignKey,
		"tampered.test": dnstest.Tampered, "stripped.test": dnstest.Stripped,
	} {
		zones = append(zones, dnstest.Zone{Name: name, Records: records, Signing: signing})
	}
	network := dnstest.Start(t, zones...)
	resolver := network.Resolver(t, network.Authority)
	validating := Upstream{Address: resolver.Plain.String(), Operator: "resolver", Validating: true}
	overTLS := Upstream{Address: fmt.Sprintf("tls://%s#%s", resolver.TLS, dnstest.ResolverName), Operator: "tls", Validating: true}
	overHTTPS := Upstream{Address: fmt.Sprintf("https://%s:%d/dns-query", dnstest.ResolverName, resolver.HTTPS.Port()), Operator: "https", Validating: true}
	direct := Upstream{Address: network.Authority.String(), Operator: "authority", Validating: true}
	const key = "v=ck1; kid=2026a; k=ed25519; p=AAAA"
	for name, tc := range map[string]struct {
		ups   []Upstream
		name  string
		texts []string
		err   error
		want  verify.Answer // flags only
	}{
		"D1 secure":                       {ups: []Upstream{validating}, name: "_client-key.acme.test", texts: []string{key}, want: verify.Answer{Secure: true}},
		"D1 secure, over TLS":             {ups: []Upstream{overTLS}, name: "_client-key.acme.test", texts: []string{key}, want: verify.Answer{Secure: true}},
		"D1 secure, over HTTPS":           {ups: []Upstream{overHTTPS}, name: "_client-key.acme.test", texts: []string{key}, want: verify.Answer{Secure: true}},
		"D7 secure absence":               {ups: []Upstream{validating}, name: "_client-key.no.acme.test", err: verify.ErrNoRecord, want: verify.Answer{Secure: true}},
		"D7 secure absence, hashed":       {ups: []Upstream{validating}, name: "_client-key.no.hashed.test", err: verify.ErrNoRecord, want: verify.Answer{Secure: true}},
		"D7 secure, no data":              {ups: []Upstream{validating}, name: "ns.acme.test", err: verify.ErrNoRecord, want: verify.Answer{Secure: true}},
		"secure, hashed denials":          {ups: []Upstream{validating}, name: "_client-key.hashed.test", texts: []string{key}, want: verify.Answer{Secure: true}},
		"D21 no algorithm that is known":  {ups: []Upstream{validating}, name: "_client-key.unsupported.test", texts: []string{key}},
		"D23 absence by many iterations":  {ups: []Upstream{validating}, name: "_client-key.no.iterated.test", err: verify.ErrNoRecord},
		"secure wildcard":                 {ups: []Upstream{validating}, name: "_client-key.wild.acme.test", texts: []string{"v=ck1; kid=wild"}, want: verify.Answer{Secure: true, Wildcard: true}},
		"D11 secure alias":                {ups: []Upstream{validating}, name: "_client-key.alias.acme.test", texts: []string{"v=ck1; kid=target"}, want: verify.Answer{Secure: true}},
		"D11 alias to an insecure zone":   {ups: []Upstream{validating}, name: "_client-key.out.acme.test", texts: []string{"v=ck1; kid=target"}},
		"insecure":                        {ups: []Upstream{validating}, name: "_client-key.plain.test", texts: []string{key}},
		"insecure, over TLS":              {ups: []Upstream{overTLS}, name: "_client-key.plain.test", texts: []string{key}},
		"insecure wildcard":               {ups: []Upstream{validating}, name: "_client-key.wild.plain.test", texts: []string{"v=ck1; kid=wild"}, want: verify.Answer{Wildcard: true}},
		"D18 tampered":                    {ups: []Upstream{validating}, name: "_client-key.tampered.test", err: verify.ErrBogus},
		"D18 tampered, over TLS":          {ups: []Upstream{overTLS}, name: "_client-key.tampered.test", err: verify.ErrBogus},
		"D18 tampered, over HTTPS":        {ups: []Upstream{overHTTPS}, name: "_client-key.tampered.test", err: verify.ErrBogus},
		"D18 stripped":                    {ups: []Upstream{validating}, name: "_client-key.stripped.test", err: verify.ErrBogus},
		"D18 another key":                 {ups: []Upstream{validating}, name: "_client-key.foreign.test", err: verify.ErrBogus},
		"D18 never another's word":        {ups: []Upstream{direct, validating}, name: "_client-key.tampered.test", err: verify.ErrBogus},
		"D19 expired":                     {ups: []Upstream{validating}, name: "_client-key.expired.test", err: verify.ErrBogus},
		"D19 not yet valid":               {ups: []Upstream{validating}, name: "_client-key.future.test", err: verify.ErrBogus},
		"D27 an authority for itself":     {ups: []Upstream{direct}, name: "_client-key.acme.test", texts: []string{key}},
		"D27 wildcard of an authority":    {ups: []Upstream{direct}, name: "_client-key.wild.acme.test", texts: []string{"v=ck1; kid=wild"}, want: verify.Answer{Wildcard: true}},
		"corroborated":                    {ups: []Upstream{direct, validating}, name: "_client-key.plain.test", texts: []string{key}, want: verify.Answer{Corroborated: true}},
		"corroborated over TLS and HTTPS": {ups: []Upstream{overTLS, overHTTPS}, name: "_client-key.plain.test", texts: []string{key}, want: verify.Answer{Corroborated: true}},
		"corroborated absence":            {ups: []Upstream{direct, validating}, name: "_client-key.no.plain.test", err: verify.ErrNoRecord, want: verify.Answer{Corroborated: true}},
		"D7 a zone that nobody knows of":  {ups: []Upstream{direct}, name: "_client-key.elsewhere.dev"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newRealResolver(t, resolver.CA, resolver.HTTPS, tc.ups...).LookupTXT(t.Context(), tc.name)
			if tc.texts != nil && err != nil || tc.texts == nil && err == nil || tc.err != nil && !errors.Is(err, tc.err) {
				t.Fatalf("%+v, %v, want %v", got, err, tc.err)
			}
			if tc.err == nil && tc.texts == nil && (errors.Is(err, verify.ErrNoRecord) || errors.Is(err, verify.ErrBogus)) {
				t.Errorf("%v, want unavailable", err)
			}
			if !slices.Equal(got.Texts, tc.texts) || got.Secure != tc.want.Secure || got.Corroborated != tc.want.Corroborated || got.Wildcard != tc.want.Wildcard {
				t.Errorf("%+v, want %q and %+v", got, tc.texts, tc.want)
			}
		})
	}
	t.Run("D16 more than UDP carries", func(t *testing.T) {
		got, err := newResolverWithin(t, 0, validating).LookupTXT(t.Context(), "_client-key.many.acme.test")
		if err != nil || len(got.Texts) != 30 || !got.Secure || !strings.HasSuffix(got.Server, "(tcp)") {
			t.Errorf("%d records, %v, %s", len(got.Texts), err, got.Server)
		}
	})
	t.Run("D14 cookies of BIND", func(t *testing.T) {
		r := newResolverWithin(t, 0, direct)
		for range 2 {
			if _, err := r.LookupTXT(t.Context(), "_client-key.plain.test"); err != nil {
				t.Fatal(err)
			}
		}
		if cookies := r.upstreams[0].cookies; len(cookies.server) < serverCookieMin {
			t.Errorf("the server's cookie is %q", cookies.server)
		}
	})
	t.Run("the zone's own server", func(t *testing.T) { askOwnServer(t, validating, network.Authority, resolver.Plain) })
}

// newRealResolver returns a resolver that trusts the certificate of unbound, and
// finds the host of its URL.
func newRealResolver(t *testing.T, pool *x509.CertPool, https netip.AddrPort, ups ...Upstream) *Resolver {
	t.Helper()
	r, err := New(Config{Upstreams: ups, RootCAs: pool, AllowSpecialUse: true, AllowLoopback: true, ConnectTo: func(address string) string {
		if strings.HasPrefix(address, dnstest.ResolverName+":") {
			return https.String()
		}
		return address
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// askOwnServer finds and asks the server of a zone.
func askOwnServer(t *testing.T, validating Upstream, authority, resolver netip.AddrPort) {
	r, err := New(Config{
		Upstreams: []Upstream{validating}, AllowSpecialUse: true, AllowLoopback: true,
		ConnectTo: func(address string) string {
			if address == "ns.acme.test:53" {
				return authority.String()
			}
			return address
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	zone, servers, err := r.Authorities(t.Context(), "deep.acme.test")
	if err != nil || zone != "acme.test" || len(servers) != 1 {
		t.Fatalf("zone %q, %v, %v", zone, servers, err)
	}
	got, err := r.AskAuthority(t.Context(), servers[0], "_client-key.acme.test")
	if err != nil || len(got.Texts) != 1 || got.Secure {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.AskAuthority(t.Context(), servers[0], "_client-key.no.acme.test"); !errors.Is(err, verify.ErrNoRecord) {
		t.Errorf("absent: %v", err)
	}
	if _, err := r.AskAuthority(t.Context(), Server{"resolver", resolver.String()}, "_client-key.acme.test"); err == nil {
		t.Error("a resolver passed as the zone's own server")
	}
}

// TestReachReal looks for the root, which is a zone of the real authority.
func TestReachReal(t *testing.T) {
	dir, root := t.TempDir(), dnstest.FreePort(t)
	file := filepath.Join(dir, "root.zone")
	if err := os.WriteFile(file, []byte("$TTL 60\n. SOA ns. root. 1 60 60 60 60\n. NS ns.\nns. A 127.0.0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dnstest.StartNamed(t, filepath.Join(dir, "root"), root, "recursion no; dnssec-validation no;", fmt.Sprintf("zone \".\" { type primary; file %q; };\n", file), ".")
	network := dnstest.Start(t, dnstest.Zone{Name: "plain.test"})
	reached := newResolverWithin(t, 0, Upstream{Address: root.String(), Operator: "root", Validating: true},
		Upstream{Address: network.Authority.String(), Operator: "authority"}).Reach(t.Context())
	if reached[0].Err != nil || reached[0].Secure {
		t.Errorf("the root's own server: %+v", reached[0])
	}
	if reached[1].Err == nil {
		t.Error("a server that answers for other zones only can be asked for the root")
	}
}
