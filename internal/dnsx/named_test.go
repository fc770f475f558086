package dnsx

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/verify"
)

// zoneFile is a zone on the real server; %s is its name.
const zoneFile = `$TTL 300
@ IN SOA ns root 1 3600 600 86400 60
@ IN NS ns
ns IN A 192.0.2.53
_client-key IN TXT "v=ck1; kid=2026a; " "k=ed25519; p=AAAA"
*.wild IN TXT "v=ck1; kid=wild"
_client-key.alias IN CNAME target
_client-key.out IN CNAME target.plain.test.
target IN TXT "v=ck1; kid=target"
`

// TestNamed asks a real authority and a real validating resolver (BIND).
func TestNamed(t *testing.T) {
	named, keygen, sign := program(t, "named"), program(t, "dnssec-keygen"), program(t, "dnssec-signzone")
	dir := t.TempDir()
	var zones, anchors strings.Builder
	authority := freePort(t)
	for zone, end := range map[string]string{"acme.test": "20370101000000", "expired.test": "20260201000000", "bogus.test": "20370101000000", "plain.test": ""} {
		file := filepath.Join(dir, zone)
		text := zoneFile
		for i := range 30 {
			text += fmt.Sprintf("_client-key.many IN TXT \"%02d %s\"\n", i, strings.Repeat("x", 90))
		}
		write(t, file, text)
		if end != "" {
			key := newZoneKey(t, keygen, dir, zone)
			run(t, sign, "-S", "-P", "-z", "-d", dir, "-K", dir, "-o", zone, "-s", "20260101000000", "-e", end, "-f", file+".signed", file)
			file += ".signed"
			if zone == "bogus.test" { // the anchor names another key than the zone is signed with
				other := filepath.Join(dir, "other")
				if err := os.Mkdir(other, 0o700); err != nil {
					t.Fatal(err)
				}
				key = filepath.Join("other", newZoneKey(t, keygen, other, zone))
			}
			fmt.Fprintf(&anchors, "%s static-key %s;\n", zone, anchor(t, filepath.Join(dir, key+".key")))
		}
		fmt.Fprintf(&zones, "zone %q { type primary; file %q; };\n", zone, file)
	}
	startNamed(t, named, dir, "authority", authority, "recursion no; dnssec-validation no;", zones.String())
	recursor := freePort(t)
	startNamed(t, named, dir, "recursor", recursor,
		fmt.Sprintf("recursion yes; dnssec-validation yes; forward only; forwarders { 127.0.0.1 port %d; };", authority.Port()),
		"trust-anchors {\n"+anchors.String()+"};\n")

	validating := Upstream{Address: recursor.String(), Operator: "recursor", Validating: true}
	direct := Upstream{Address: authority.String(), Operator: "authority", Validating: true}
	const key = "v=ck1; kid=2026a; k=ed25519; p=AAAA"
	for name, tc := range map[string]struct {
		ups   []Upstream
		name  string
		texts []string
		err   error
		want  verify.Answer // flags only
	}{
		"D1 secure":                      {ups: []Upstream{validating}, name: "_client-key.acme.test", texts: []string{key}, want: verify.Answer{Secure: true}},
		"D7 secure absence":              {ups: []Upstream{validating}, name: "_client-key.no.acme.test", err: verify.ErrNoRecord, want: verify.Answer{Secure: true}},
		"D7 secure, no data":             {ups: []Upstream{validating}, name: "ns.acme.test", err: verify.ErrNoRecord, want: verify.Answer{Secure: true}},
		"secure wildcard":                {ups: []Upstream{validating}, name: "_client-key.wild.acme.test", texts: []string{"v=ck1; kid=wild"}, want: verify.Answer{Secure: true, Wildcard: true}},
		"D11 secure alias":               {ups: []Upstream{validating}, name: "_client-key.alias.acme.test", texts: []string{"v=ck1; kid=target"}, want: verify.Answer{Secure: true}},
		"D11 alias to an insecure zone":  {ups: []Upstream{validating}, name: "_client-key.out.acme.test", texts: []string{"v=ck1; kid=target"}},
		"insecure":                       {ups: []Upstream{validating}, name: "_client-key.plain.test", texts: []string{key}},
		"insecure wildcard":              {ups: []Upstream{validating}, name: "_client-key.wild.plain.test", texts: []string{"v=ck1; kid=wild"}, want: verify.Answer{Wildcard: true}},
		"D18 another key":                {ups: []Upstream{validating}, name: "_client-key.bogus.test", err: verify.ErrBogus},
		"D19 expired":                    {ups: []Upstream{validating}, name: "_client-key.expired.test", err: verify.ErrBogus},
		"D27 an authority for itself":    {ups: []Upstream{direct}, name: "_client-key.acme.test", texts: []string{key}},
		"D27 wildcard of an authority":   {ups: []Upstream{direct}, name: "_client-key.wild.acme.test", texts: []string{"v=ck1; kid=wild"}, want: verify.Answer{Wildcard: true}},
		"corroborated":                   {ups: []Upstream{direct, validating}, name: "_client-key.plain.test", texts: []string{key}, want: verify.Answer{Corroborated: true}},
		"corroborated absence":           {ups: []Upstream{direct, validating}, name: "_client-key.no.plain.test", err: verify.ErrNoRecord, want: verify.Answer{Corroborated: true}},
		"D7 a zone that nobody knows of": {ups: []Upstream{direct}, name: "_client-key.elsewhere.dev"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newResolverWithin(t, 0, tc.ups...).LookupTXT(t.Context(), tc.name)
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
	t.Run("what can be reached", func(t *testing.T) {
		root := freePort(t)
		file := filepath.Join(dir, "root.zone")
		write(t, file, "$TTL 60\n. SOA ns. root. 1 60 60 60 60\n. NS ns.\nns. A 127.0.0.1\nplain.test. A 127.0.0.1\n") // plain.test: startNamed asks for it
		startNamed(t, named, dir, "root", root, "recursion no; dnssec-validation no;", fmt.Sprintf("zone \".\" { type primary; file %q; };\n", file))
		reached := newResolverWithin(t, 0, Upstream{Address: root.String(), Operator: "root", Validating: true}, direct).Reach(t.Context())
		if reached[0].Err != nil || reached[0].Secure {
			t.Errorf("the root's own server: %+v", reached[0])
		}
		if reached[1].Err == nil {
			t.Error("a server that answers for other zones only can be asked for the root")
		}
	})
	t.Run("the zone's own server", func(t *testing.T) {
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
		if err != nil || !slices.Equal(got.Texts, []string{key}) || got.Secure {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := r.AskAuthority(t.Context(), servers[0], "_client-key.no.acme.test"); !errors.Is(err, verify.ErrNoRecord) {
			t.Errorf("absent: %v", err)
		}
		if _, err := r.AskAuthority(t.Context(), Server{"recursor", recursor.String()}, "_client-key.acme.test"); err == nil {
			t.Error("a resolver passed as the zone's own server")
		}
	})
}

func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	packets, listener := listenBoth(t)
	defer packets.Close()
	defer listener.Close()
	return netip.MustParseAddrPort(packets.LocalAddr().String())
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(program), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// newZoneKey makes a key in dir and returns its name.
func newZoneKey(t *testing.T, keygen, dir, zone string) string {
	t.Helper()
	return run(t, keygen, "-q", "-K", dir, "-a", "ECDSAP256SHA256", "-f", "KSK", zone)
}

// anchor returns flags, protocol, algorithm and quoted key of a key file.
func anchor(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rr, err := dns.NewRR(string(text[strings.LastIndex(strings.TrimSpace(string(text)), "\n")+1:]))
	if err != nil {
		t.Fatal(err)
	}
	k, ok := rr.(*dns.DNSKEY)
	if !ok {
		t.Fatalf("%s holds no key", path)
	}
	return fmt.Sprintf("%d %d %d %q", k.Flags, k.Protocol, k.Algorithm, k.PublicKey)
}

// startNamed runs a name server until the test ends, and waits until it answers.
// It sends nothing beyond loopback: it asks from 127.0.0.1, from where no packet
// leaves the machine, and the test fails where it looks for the root.
func startNamed(t *testing.T, named, dir, name string, at netip.AddrPort, options, zones string) {
	t.Helper()
	home := filepath.Join(dir, name)
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(home, "named.conf")
	write(t, conf, fmt.Sprintf(`options {
	directory %q; pid-file none; session-keyfile none; lock-file none;
	listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; };
	query-source address 127.0.0.1; empty-zones-enable no;
	allow-query { any; }; notify no; %s
};
controls { };
%s`, home, at.Port(), options, zones))
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(named, "-4", "-g", "-n", "1", "-c", conf)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		text, err := os.ReadFile(log.Name())
		if err != nil || strings.Contains(string(text), "priming") {
			t.Errorf("%s looked for the root (%v)", name, err)
		}
		if t.Failed() {
			t.Logf("%s: %s", name, text)
		}
	})
	probe := question("plain.test", dns.TypeSOA)
	for range 200 {
		m, _, err := (&plainChannel{address: at}).exchange(t.Context(), probe, true)
		if err == nil && m.Rcode == dns.RcodeSuccess {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("%s does not answer", name)
}
