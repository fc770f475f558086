package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/issuer"
)

// settingsOf reads a file of settings.
func settingsOf(t *testing.T, text string) *config.Settings {
	t.Helper()
	file := filepath.Join(t.TempDir(), "countersign.yaml")
	writeFile(t, file, fmt.Sprintf("data: %q\nresolvers: [{address: \"127.0.0.1:1\"}]\n", t.TempDir())+text)
	settings, err := loadSettings(config.Sources{Flags: map[string][]string{"config": {file}}})
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// partsOf prepares a file of settings.
func partsOf(t *testing.T, text string) *parts {
	t.Helper()
	p, err := prepare(settingsOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// addressesOfThisMachine are the IPv4 addresses at which other machines reach
// it.
func addressesOfThisMachine(t *testing.T) (list []netip.Addr) {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if p, err := netip.ParsePrefix(one.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			list = append(list, p.Addr())
		}
	}
	return list
}

// hostStatus asks whether a service is there under a name.
func hostStatus(t *testing.T, url, host string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// A service that other machines reach asks everybody for a key, says what it is
// still in want of, and does not start once all keys are revoked.
func TestServeForOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGTERM to send")
		return
	}
	dir := filepath.Join(t.TempDir(), "data")
	p := startProcess(t, "--data", dir, "--listen", "0.0.0.0:0")
	port, ofIPv4 := strings.CutPrefix(p.url, "http://0.0.0.0:")
	if !ofIPv4 {
		t.Fatalf("0.0.0.0 is taken for %s: IPv6 was not asked for", p.url)
	}
	addresses := append(addressesOfThisMachine(t), netip.MustParseAddr("127.0.0.1"))
	if len(addresses) == 1 {
		t.Log("this machine has no other address than loopback")
	}
	for _, address := range addresses {
		url := "http://" + address.String() + ":" + port
		if _, d, err := postDecision(url, p.key, `{"client":`+goodRegistration+`}`); err != nil || d.Why != "" || d.Narrowed == nil || strings.Contains(d.Narrowed.Description, "See") {
			t.Errorf("%s: page %q, %+v: %v", url, d.Why, d.Narrowed, err)
		}
		for _, key := range []string{"", strings.Repeat("0", len(p.key))} {
			if _, _, err := postDecision(url, key, `{"client":`+goodRegistration+`}`); err == nil || !strings.Contains(err.Error(), "status 401") {
				t.Errorf("A2 %s with the key %q: %v", url, key, err)
			}
		}
		if status := hostStatus(t, url, "evil.example:"+port); status != http.StatusMisdirectedRequest {
			t.Errorf("%s under another name: %d", url, status)
		}
	}
	for _, want := range []string{"API keys travel in the clear", "trusted_proxies", "public_url is missing"} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, p.out)
		}
	}

	id := strings.Split(p.key, "_")[1]
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://127.0.0.1:"+port+"/v1/keys/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the key is not revoked: %+v, %v", resp, err)
	}
	_ = resp.Body.Close()
	p.endInOrder(t)
	cfg := smallService(dir)
	cfg.Listen = "0.0.0.0:0"
	if s, err := startService(t.Context(), cfg); !errors.Is(err, errNoKeyInForce) {
		t.Fatalf("A2 it starts where all keys are revoked: %v, %v", s, err)
	}
	said := runServeFails(t, "--data", dir, "--listen", "0.0.0.0:0")
	if !strings.Contains(said, "no API key is in force") || !strings.Contains(said, "countersign: hint: make one: countersign keys api create --name operator --role operator --data "+dir) {
		t.Errorf("A2 all keys are revoked: %s", said)
	}
	startProcess(t, "--data", dir)
}

func TestTellExposure(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, 1, time.Now().Add(time.Hour))
	overTLS := fmt.Sprintf("tls: {cert_file: %q, key_file: %q}\n", cert, key)
	for name, test := range map[string]struct {
		text           string
		clear, unnamed bool
	}{
		"loopback":             {"listen: 127.0.0.1:1\n", false, false},
		"loopback in IPv6":     {"listen: \"[::1]:1\"\n", false, false},
		"everywhere":           {"listen: 0.0.0.0:1\n", true, true},
		"everywhere in IPv6":   {"listen: \"[::]:1\"\n", true, true},
		"an address":           {"listen: 192.0.2.1:1\npublic_url: https://trust.example\n", true, false},
		"TLS":                  {"listen: 0.0.0.0:1\n" + overTLS, false, true},
		"a proxy":              {"listen: 0.0.0.0:1\ntrusted_proxies: [192.0.2.7/32]\n", false, true},
		"TLS and where it is":  {"listen: 0.0.0.0:1\npublic_url: https://trust.example\n" + overTLS, false, false},
		"IPv4 in IPv6 clothes": {"listen: \"[::ffff:192.0.2.1]:1\"\n", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			partsOf(t, test.text).tellExposure(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
			if inClear := strings.Contains(log.String(), "in the clear"); inClear != test.clear {
				t.Errorf("A2 warned that keys travel in the clear: %t\n%s", inClear, &log)
			}
			if unnamed := strings.Contains(log.String(), "public_url is missing"); unnamed != test.unnamed {
				t.Errorf("warned of public_url: %t\n%s", unnamed, &log)
			}
		})
	}
}

// What others are told of where the service is.
func TestPublicAddress(t *testing.T) {
	for listener, want := range map[string][2]string{
		"127.0.0.1:8640": {"http://127.0.0.1:8640", "https://127.0.0.1:8640"}, "[::1]:8640": {"http://[::1]:8640", "https://[::1]:8640"},
		"0.0.0.0:8640": {}, "[::]:8640": {}, "192.0.2.1:8640": {},
	} {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(listener))
		if got := [2]string{ownURL(addr, false), ownURL(addr, true)}; got != want {
			t.Errorf("%s: %q, want %q", listener, got, want)
		}
	}
	for url, want := range map[string]string{
		"https://trust.example": "trust.example", "https://Trust.example/at/path": "trust.example", "https://trust.example:443": "trust.example",
		"https://trust.example:8443": "trust.example:8443", "http://localhost:80": "localhost", "http://[::1]:8640": "[::1]:8640",
	} {
		if got := hostOf(url); got != want {
			t.Errorf("%s has the host %q, want %q", url, got, want)
		}
	}
}

// Every setting of the API comes to the API.
func TestSettingsOfTheAPI(t *testing.T) {
	cfg := partsOf(t, `public_url: https://trust.example/at
hosts: [other.example]
trusted_proxies: [10.0.0.0/8, "2001:db8::/32"]
proxy_header: forwarded
cors: {origins: ["https://console.example"]}
limits: {body_timeout: 1s, key_per_second: 1, key_burst: 2, lookups_per_second: 3, lookups_burst: 4, network_per_second: 5,
  network_burst: 6, strangers_per_second: 7, strangers_burst: 8, arrivals_per_second: 11, arrivals_burst: 12, new_clients_per_second: 13,
  new_clients_burst: 14, connections: 9, network_connections: 10}
`).service(slog.New(slog.DiscardHandler))
	for name, pair := range map[string][2]any{
		"public URL": {cfg.PublicURL, "https://trust.example/at"},
		"hosts":      {cfg.Hosts, []string{"other.example", "trust.example"}},
		"proxies":    {cfg.TrustedProxies, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}},
		"header":     {cfg.ProxyHeader, httpapi.Forwarded},
		"origins":    {cfg.Origins, []string{"https://console.example"}},
		"rates":      {ratesOf(cfg.Limits), httpapi.Rates{Key: gcra.Rate{PerSecond: 1, Burst: 2}, Lookups: gcra.Rate{PerSecond: 3, Burst: 4}, Network: gcra.Rate{PerSecond: 5, Burst: 6}, Strangers: gcra.Rate{PerSecond: 7, Burst: 8}}},
		"arrivals":   {arrivalsOf(cfg.Limits), issuer.ArrivalRates{NetworkPerSecond: 11, NetworkBurst: 12, PublisherPerSecond: 13, PublisherBurst: 14}},
		"body":       {cfg.Limits.BodyTimeout, time.Second},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	if bounded := newBoundedListener(nil, cfg.Limits, nil); bounded.all != 9 || bounded.network != 10 {
		t.Errorf("connections: %d of all, %d of a network", bounded.all, bounded.network)
	}
	if header := partsOf(t, "").service(slog.New(slog.DiscardHandler)).ProxyHeader; header != httpapi.XForwardedFor {
		t.Errorf("without a header it is %q", header)
	}
}

// The settings are in force in a service.
func TestServeWithSettings(t *testing.T) {
	var log lockedLog
	cfg := partsOf(t, `listen: 127.0.0.1:0
public_url: https://trust.example
trusted_proxies: [127.0.0.0/8]
cors: {origins: ["https://console.example"]}
limits: {network_per_second: 1, network_burst: 1}
`).service(slog.New(slog.NewTextHandler(&log, nil)))
	cfg.Small, cfg.MinFreeBytes = true, 16<<20
	s := serveTest(t, cfg)
	_, d, err := postDecision(s.url(), s.firstKey, `{"client":`+goodRegistration+`}`)
	if err != nil || d.Why != "https://trust.example/why/"+d.ID {
		t.Errorf("the page is %q: %v", d.Why, err)
	}
	ask := func(method, path, from string) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.url()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "trust.example"
		req.Header = http.Header{"X-Forwarded-For": {from}, "Origin": {"https://console.example"}, "Access-Control-Request-Method": {http.MethodPost}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	if resp := ask(http.MethodOptions, decisionsPath, "192.0.2.1"); resp.StatusCode != http.StatusNoContent || resp.Header.Get("Access-Control-Allow-Origin") != "https://console.example" {
		t.Errorf("H17 the page of a console: %d %v", resp.StatusCode, resp.Header)
	}
	limited := false
	for range 20 { // far fewer than the default, and more than a second brings back
		limited = limited || ask(http.MethodGet, "/healthz", "198.51.100.1").StatusCode == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("H23 a network has its default, not what the settings say")
	}
	if resp := ask(http.MethodGet, "/healthz", "203.0.113.1"); resp.StatusCode != http.StatusOK {
		t.Errorf("H15 another network behind the proxy: %d", resp.StatusCode)
	}
}

// Nobody is asked at the start where settings forbid it.
func TestReachCheck(t *testing.T) {
	var log bytes.Buffer
	partsOf(t, "reach_check: false\n").tellReach(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	if !strings.Contains(log.String(), "reach_check is false") || strings.Contains(log.String(), "msg=resolver") {
		t.Errorf("forbidden: %s", &log)
	}
	log.Reset()
	partsOf(t, "").tellReach(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	if !strings.Contains(log.String(), "msg=resolver address=127.0.0.1:1") {
		t.Errorf("by default: %s", &log)
	}
}

func TestOriginsOfSettings(t *testing.T) {
	for _, origin := range []string{"*", "null", "console.example", "http://console.example", "https://console.example/"} {
		file := filepath.Join(t.TempDir(), "countersign.yaml")
		writeFile(t, file, fmt.Sprintf("data: d\ncors:\n  origins: [%q]\n", origin))
		_, err := loadSettings(config.Sources{Flags: map[string][]string{"config": {file}}})
		if want := fmt.Sprintf("[3:12] cors.origins %q is no origin such as https://console.example\n", origin); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("H17 the origin %q: %v", origin, err)
		}
	}
}
