package countersigntest_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/fc28f635/countersign/internal/countersigntest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newWorld(t *testing.T, cfg countersigntest.Config) *countersigntest.World {
	t.Helper()
	w, err := countersigntest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// ask asks as dig does.
func ask(t *testing.T, w *countersigntest.World, network, name string, qtype uint16) *dns.Msg {
	t.Helper()
	q := new(dns.Msg).SetQuestion(name, qtype)
	m, _, err := (&dns.Client{Net: network}).ExchangeContext(t.Context(), q, w.Resolver())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDNS(t *testing.T) {
	w := newWorld(t, countersigntest.Config{Zones: "alias.test. 60 IN CNAME _client-key.acme.example.\nlost.test. 60 IN CNAME nowhere.acme.example.\n"})
	w.SetTXT("_client-key.acme.example", "v=ck1; kid=a", `back\slash "quoted"`)
	w.SetTXT("_client-key.deep.sub.acme.example", strings.Repeat("x", 300))
	for name, tc := range map[string]struct {
		name  string
		qtype uint16
		rcode int
		want  []string // owner, type and data of the answer
		soa   string   // owner of the SOA where nothing is there
	}{
		"TXT": {name: "_client-key.acme.example.", qtype: dns.TypeTXT,
			want: []string{`_client-key.acme.example. TXT "v=ck1; kid=a"`, `_client-key.acme.example. TXT "back\\slash \"quoted\""`}},
		"TXT in another case": {name: "_Client-Key.ACME.example.", qtype: dns.TypeTXT,
			want: []string{`_client-key.acme.example. TXT "v=ck1; kid=a"`, `_client-key.acme.example. TXT "back\\slash \"quoted\""`}},
		"a long text": {name: "_client-key.deep.sub.acme.example.", qtype: dns.TypeTXT,
			want: []string{`_client-key.deep.sub.acme.example. TXT "` + strings.Repeat("x", 255) + `" "` + strings.Repeat("x", 45) + `"`}},
		"NS":                       {name: "acme.example.", qtype: dns.TypeNS, want: []string{"acme.example. NS ns1.acme.example."}},
		"SOA":                      {name: "acme.example.", qtype: dns.TypeSOA, want: []string{"acme.example. SOA ns1.acme.example. hostmaster.acme.example. 1 3600 600 86400 60"}},
		"address of a name server": {name: "ns1.acme.example.", qtype: dns.TypeA, want: []string{"ns1.acme.example. A 127.0.0.1"}},
		"alias": {name: "alias.test.", qtype: dns.TypeTXT,
			want: []string{"alias.test. CNAME _client-key.acme.example.", `_client-key.acme.example. TXT "v=ck1; kid=a"`, `_client-key.acme.example. TXT "back\\slash \"quoted\""`}},
		"alias to nothing":    {name: "lost.test.", qtype: dns.TypeTXT, rcode: dns.RcodeNameError, want: []string{"lost.test. CNAME nowhere.acme.example."}, soa: "acme.example."},
		"no such name":        {name: "_client-key.www.acme.example.", qtype: dns.TypeTXT, rcode: dns.RcodeNameError, soa: "acme.example."},
		"no such type":        {name: "acme.example.", qtype: dns.TypeMX, soa: "acme.example."},
		"a name between":      {name: "sub.acme.example.", qtype: dns.TypeTXT, soa: "acme.example."},
		"no such zone":        {name: "_client-key.other.example.", qtype: dns.TypeTXT, rcode: dns.RcodeNameError, soa: "."},
		"a name like another": {name: "xacme.example.", qtype: dns.TypeTXT, rcode: dns.RcodeNameError, soa: "."},
	} {
		for _, network := range []string{"udp", "tcp"} {
			t.Run(name+" over "+network, func(t *testing.T) {
				m := ask(t, w, network, tc.name, tc.qtype)
				if !m.Authoritative || m.RecursionAvailable || m.AuthenticatedData {
					t.Errorf("flags %+v", m.MsgHdr)
				}
				if m.Rcode != tc.rcode {
					t.Errorf("rcode %s, want %s", dns.RcodeToString[m.Rcode], dns.RcodeToString[tc.rcode])
				}
				var got []string
				for _, rr := range m.Answer {
					fields := strings.SplitN(rr.String(), "\t", 5)
					got = append(got, fields[0]+" "+fields[3]+" "+fields[4])
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Error(diff)
				}
				soa := ""
				for _, rr := range m.Ns {
					soa += rr.Header().Name
				}
				if soa != tc.soa {
					t.Errorf("SOA of %q, want of %q", soa, tc.soa)
				}
			})
		}
	}
	t.Run("removed", func(t *testing.T) {
		w.SetTXT("_client-key.acme.example")
		if m := ask(t, w, "udp", "_client-key.acme.example.", dns.TypeTXT); m.Rcode != dns.RcodeNameError {
			t.Errorf("rcode %s", dns.RcodeToString[m.Rcode])
		}
	})
	t.Run("truncated over UDP only", func(t *testing.T) {
		w.SetTXT("big.acme.example", strings.Repeat("a", 250), strings.Repeat("b", 250), strings.Repeat("c", 250))
		if m := ask(t, w, "udp", "big.acme.example.", dns.TypeTXT); !m.Truncated || len(m.Answer) == 3 {
			t.Errorf("truncated %v, %d records", m.Truncated, len(m.Answer))
		}
		if m := ask(t, w, "tcp", "big.acme.example.", dns.TypeTXT); m.Truncated || len(m.Answer) != 3 {
			t.Errorf("truncated %v, %d records", m.Truncated, len(m.Answer))
		}
	})
	t.Run("zone as text", func(t *testing.T) {
		again := newWorld(t, countersigntest.Config{Zones: w.Zone("acme.example")})
		if diff := cmp.Diff(w.Zone("acme.example"), again.Zone("acme.example")); diff != "" || !strings.HasPrefix(w.Zone("acme.example"), "acme.example.\t300\tIN\tSOA") {
			t.Error(diff, w.Zone("acme.example"))
		}
	})
	t.Run("no zone", func(t *testing.T) {
		if _, err := countersigntest.New(countersigntest.Config{Zones: "acme.example. IN A nonsense"}); err == nil {
			t.Error("accepted")
		}
	})
}

// browser returns a client that lives in the world.
func browser(t *testing.T, w *countersigntest.World) *http.Client {
	t.Helper()
	transport := &http.Transport{
		Proxy:           nil,
		TLSClientConfig: &tls.Config{RootCAs: w.CA()},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, w.ConnectTo(address))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestHTTPS(t *testing.T) {
	w := newWorld(t, countersigntest.Config{})
	w.Serve("https://acme.example/mcp/client.json", "application/json", []byte(`{"a":1}`))
	w.Serve("https://acme.example/?q=1", "text/html", []byte("page"))
	w.Status("https://gone.example/client.json", http.StatusGone)
	client := browser(t, w)
	for url, want := range map[string]struct {
		status            int
		contentType, body string
	}{
		"https://acme.example/mcp/client.json":  {200, "application/json", `{"a":1}`},
		"https://acme.example/?q=1":             {200, "text/html", "page"},
		"https://acme.example/":                 {404, "text/plain; charset=utf-8", "404 page not found\n"},
		"https://other.example/mcp/client.json": {404, "text/plain; charset=utf-8", "404 page not found\n"},
		"https://gone.example/client.json":      {410, "", ""},
	} {
		t.Run(url, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != want.status || resp.Header.Get("Content-Type") != want.contentType || string(body) != want.body {
				t.Errorf("%d %q %q", resp.StatusCode, resp.Header.Get("Content-Type"), body)
			}
		})
	}
	t.Run("its hosts have addresses", func(t *testing.T) {
		if m := ask(t, w, "udp", "gone.example.", dns.TypeA); len(m.Answer) != 1 {
			t.Errorf("%v", m)
		}
	})
	t.Run("the authority is not the system's", func(t *testing.T) {
		conn, err := (&tls.Dialer{Config: &tls.Config{ServerName: "acme.example"}}).DialContext(t.Context(), "tcp", w.WebServer())
		if err == nil {
			conn.Close()
			t.Error("trusted")
		}
	})
	t.Run("a certificate is for its host", func(t *testing.T) {
		conn, err := (&tls.Dialer{Config: &tls.Config{ServerName: "acme.example", RootCAs: w.CA()}}).DialContext(t.Context(), "tcp", w.WebServer())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
		if err := leaf.VerifyHostname("evil.example"); err == nil {
			t.Error("for every host")
		}
	})
	t.Run("a host must be named", func(t *testing.T) {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", w.WebServer())
		if err == nil {
			conn.Close()
			t.Error("a certificate for nobody")
		}
	})
}

func TestConnectTo(t *testing.T) {
	w := newWorld(t, countersigntest.Config{})
	for address, want := range map[string]string{
		"acme.example:443": w.WebServer(), "ns1.acme.example:53": w.Resolver(), "192.0.2.1:53": w.Resolver(),
		"acme.example:8443": "acme.example:8443", "127.0.0.1:53053": "127.0.0.1:53053", "nonsense": "nonsense",
	} {
		if got := w.ConnectTo(address); got != want {
			t.Errorf("%s leads to %s, want %s", address, got, want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, countersigntest.Config{})
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			w.Serve("https://acme.example/c", "application/json", []byte("{}"))
			w.SetTXT("_client-key.acme.example", "v=ck1; kid=a")
			ask(t, w, "udp", "_client-key.acme.example.", dns.TypeTXT)
		})
	}
	g.Wait()
	if m := ask(t, w, "udp", "acme.example.", dns.TypeSOA); len(m.Answer) != 1 {
		t.Errorf("%d SOA records", len(m.Answer))
	}
}

func TestClose(t *testing.T) {
	w := newWorld(t, countersigntest.Config{})
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if conn, err := net.Dial("tcp", w.WebServer()); err == nil {
		conn.Close()
		t.Error("still there")
	}
}
