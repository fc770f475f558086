package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/issuer"
)

const metricsPath = "/v1/metrics"

// scraper makes a key that reads metrics, and returns what scrapes with it.
func (l *live) scraper(t *testing.T) func() map[string]float64 {
	t.Helper()
	answer, err := l.client.call(t.Context(), http.MethodPost, "/v1/keys", []byte(`{"name":"prometheus","role":"metrics"}`))
	if err != nil {
		t.Fatal(err)
	}
	var key struct {
		access.Key
		Token string `json:"token"`
	}
	if err := json.Unmarshal(answer, &key); err != nil {
		t.Fatal(err)
	}
	return func() map[string]float64 {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.service.url()+metricsPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
			t.Fatalf("status %d, %s, %v: %.200q", resp.StatusCode, resp.Header.Get("Content-Type"), err, text)
		}
		return seriesOf(t, string(text))
	}
}

// seriesOf reads the text format of Prometheus: the value of each series.
func seriesOf(t *testing.T, text string) map[string]float64 {
	t.Helper()
	series := map[string]float64{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		series[line[:at]] = value
	}
	return series
}

// TestMetricsOfDecisions scrapes after clients whose decisions are known.
func TestMetricsOfDecisions(t *testing.T) {
	l := startLive(t)
	scrape := l.scraper(t)
	acme, err := l.world.NewPublisher("acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := acme.Publish(); err != nil {
		t.Fatal(err)
	}
	plain := demoClient("Acme Agent", "https://acme.example/callback")
	plain.SoftwareID = "acme-agent"
	signed, forged := plain, plain
	if signed.SoftwareStatement, err = acme.Sign(plain); err != nil {
		t.Fatal(err)
	}
	if forged.SoftwareStatement, err = acme.Forge(plain); err != nil {
		t.Fatal(err)
	}
	id, err := acme.PublishClient("/client.json", demoClient("Notes", "http://127.0.0.1/callback"), false)
	if err != nil {
		t.Fatal(err)
	}
	before := scrape()
	l.register(t, signed)
	l.register(t, signed)
	l.register(t, forged)
	l.register(t, demoClient("Handy Helper", "http://127.0.0.1/callback"))
	l.decide(t, fmt.Sprintf(`{"client_id":%q}`, id))
	l.world.Status("https://nowhere.example/client.json", http.StatusInternalServerError)
	if _, err := l.client.call(t.Context(), http.MethodPost, decisionsPath, []byte(`{"client_id":"https://nowhere.example/client.json"}`)); err == nil {
		t.Fatal("a document that could not be had gave a decision")
	}
	after := scrape()
	for series, want := range map[string]float64{
		`decisions_total{outcome="approved",reason="",tier="signed"}`:                            2,
		`decisions_total{outcome="denied",reason="signature_invalid",tier="unverified"}`:         1,
		`decisions_total{outcome="approved",reason="",tier="unverified"}`:                        1,
		`decisions_total{outcome="approved",reason="",tier="domain"}`:                            1,
		`decisions_total{outcome="unavailable",reason="document_unavailable",tier="unverified"}`: 1,
		`decision_duration_seconds_count`:                                                        6,
		`findings_total{check="statement_signature",reason="",status="passed"}`:                  2,
		`findings_total{check="statement_signature",reason="signature_invalid",status="failed"}`: 1,
		`verification_stage_duration_seconds_count{stage="signature"}`:                           5, // all but the one whose document was not had
		`cache_requests_total{cache="statements",result="hit"}`:                                  1,
		`cache_requests_total{cache="statements",result="miss"}`:                                 2,
		`cache_requests_total{cache="dns",result="miss"}`:                                        1,
		`cache_requests_total{cache="dns",result="hit"}`:                                         2,
		`cache_entries{cache="statements"}`:                                                      1,
		`cache_entries{cache="dns"}`:                                                             1,
		`cache_entries{cache="metadata_documents"}`:                                              2,
		`lookup_duration_seconds_count{over="dns",result="found"}`:                               1,
		`lookup_duration_seconds_count{over="https",result="found"}`:                             2, // both documents of acme.example
		`lookup_duration_seconds_count{over="https",result="unavailable"}`:                       1,
		`http_requests_total{method="POST",route="/v1/decisions",status="200"}`:                  5,
		`http_requests_total{method="POST",route="/v1/decisions",status="503"}`:                  1,
		`http_request_duration_seconds_count{route="/v1/decisions"}`:                             6,
		`http_requests_total{method="GET",route="/v1/metrics",status="200"}`:                     1, // the one before
		`api_key_authentications_total{result="ok"}`:                                             7,
	} {
		name := "countersign_" + series
		if got, ok := after[name]; !ok || got-before[name] != want {
			t.Errorf("%s rose by %v (there: %t), want %v", series, got-before[name], ok, want)
		}
	}
	for name, what := range map[string]func(before, after float64) bool{
		"countersign_lookup_document_bytes_total":                              func(b, a float64) bool { return a > b },
		`countersign_store_commits_total{result="durable"}`:                    func(b, a float64) bool { return a >= b+5 },
		"countersign_store_commit_duration_seconds_count":                      func(b, a float64) bool { return a >= b+5 },
		"countersign_store_commit_writes_sum":                                  func(b, a float64) bool { return a >= b+5 },
		"countersign_store_free_bytes":                                         func(_, a float64) bool { return a > demoFreeBytes },
		"countersign_connections":                                              func(_, a float64) bool { return a >= 1 },
		"go_goroutines":                                                        func(_, a float64) bool { return a > 1 },
		"process_resident_memory_bytes":                                        func(_, a float64) bool { return a > 0 },
		`countersign_http_rate_limited_total{limit="lookups"}`:                 func(b, a float64) bool { return b == 0 && a == 0 },
		"countersign_connections_refused_total":                                func(b, a float64) bool { return b == 0 && a == 0 },
		`countersign_policy_info{digest="` + issuer.Standard().Digest() + `"}`: func(_, a float64) bool { return a == 1 },
	} {
		if _, ok := after[name]; !ok || !what(before[name], after[name]) {
			t.Errorf("%s: %v, then %v (there: %t)", name, before[name], after[name], ok)
		}
	}
}

// TestMetricsArePrivate: nothing of them is to be had without a key for them.
func TestMetricsArePrivate(t *testing.T) {
	l := startLive(t)
	for role, want := range map[access.Role]bool{access.Metrics: true, access.Read: false, access.Decide: false, access.Operator: true} {
		answer, err := l.client.call(t.Context(), http.MethodPost, "/v1/keys", fmt.Appendf(nil, `{"name":"a","role":%q}`, role))
		if err != nil {
			t.Fatal(err)
		}
		var key struct{ Token string }
		if err := json.Unmarshal(answer, &key); err != nil {
			t.Fatal(err)
		}
		c := newClient(&url.URL{Scheme: "http", Host: l.service.addr}, key.Token)
		if _, err := c.call(t.Context(), http.MethodGet, metricsPath, nil); (err == nil) != want {
			t.Errorf("A2 role %s: %v", role, err)
		}
		if role == access.Metrics {
			if _, err := c.call(t.Context(), http.MethodPost, decisionsPath, []byte(`{"client":`+goodRegistration+`}`)); err == nil {
				t.Error("A2 a key for metrics decides")
			}
		}
	}
	w := httptest.NewRecorder()
	l.service.admin.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, metricsPath, nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "countersign_build_info{") {
		t.Errorf("the operator's door answers %d: %.200s", w.Code, w.Body)
	}
	for _, path := range []string{"/metrics", metricsPath, "/debug/vars", "/debug/pprof/", "/debug/pprof/heap"} {
		t.Run("H27 "+path, func(t *testing.T) {
			resp, err := http.Get(l.service.url() + path)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK || strings.Contains(string(body), "go_") {
				t.Errorf("status %d: %.100q", resp.StatusCode, body)
			}
		})
	}
}

// TestMetricLabelsAreOurs sends what would be a label in a service that took
// labels from requests.
func TestMetricLabelsAreOurs(t *testing.T) {
	l := startLive(t)
	scrape := l.scraper(t)
	flood := func(from, to int) {
		for i := from; i < to; i++ {
			mark := fmt.Sprintf("hostile%04d", i)
			c := demoClient(mark+`"} 1`, "http://127.0.0.1/"+mark)
			c.SoftwareID = mark
			if i%5 == 0 {
				c.SoftwareStatement = hostileStatement(mark)
			}
			body, err := json.Marshal(map[string]any{"client": c})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = l.client.call(t.Context(), http.MethodPost, decisionsPath, body) // whatever comes of it
			for _, try := range [][2]string{{http.MethodGet, "/" + mark}, {strings.ToUpper(mark), "/v1/decisions/" + mark}, {http.MethodGet, "/why/" + mark}} {
				req, err := http.NewRequestWithContext(t.Context(), try[0], l.service.url()+try[1], nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer csk_"+mark)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
			}
		}
	}
	const some, many = 10, 1000
	flood(0, some) // every kind
	scrape()
	before := scrape()
	flood(some, many)
	after := scrape()
	t.Run("A11 H23 nothing that a stranger wrote is a label", func(t *testing.T) {
		for series := range after {
			if strings.Contains(strings.ToLower(series), "hostile") {
				t.Errorf("series %s", series)
			}
		}
	})
	t.Run("A11 H23 a thousand strangers make no series", func(t *testing.T) {
		for _, series := range slices.Sorted(maps.Keys(after)) {
			if _, ok := before[series]; !ok && !strings.Contains(series, `status="429"`) { // when the limit is reached depends on the machine
				t.Errorf("new series %s", series)
			}
		}
	})
}

// hostileStatement is a statement whose publisher and key a stranger named.
func hostileStatement(mark string) string {
	encode := base64.RawURLEncoding.EncodeToString
	header := fmt.Sprintf(`{"alg":"EdDSA","kid":%q,"typ":%q}`, mark, jose.TypeStatement)
	payload := fmt.Sprintf(`{"iss":"https://%s.example","iat":1767225600,"exp":1774915200,"jti":%q,"client_name":%q}`, mark, mark, mark)
	return encode([]byte(header)) + "." + encode([]byte(payload)) + "." + encode(make([]byte, 64))
}
