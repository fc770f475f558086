package httpapi_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/httpapi"
)

// observations are what a service reported.
type observations struct {
	mu   sync.Mutex
	list []httpapi.Observation
}

func (o *observations) add(one httpapi.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, one)
}

// last returns the latest one.
func (o *observations) last() httpapi.Observation {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.list)[len(o.list)-1]
}

// What is reported of a request has nothing in it that the caller chose.
func TestObservations(t *testing.T) {
	clock, seen := &stopped{}, &observations{}
	s := start(t, setup{clock: clock.now, observe: seen.add,
		rates: httpapi.Rates{Key: gcra.Rate{PerSecond: 1, Burst: 3}, Network: gcra.Rate{PerSecond: 1, Burst: 4}}})
	token := http.Header{"Authorization": {"Bearer " + s.token}}
	for _, test := range []struct {
		name, method, path string
		header             http.Header
		want               httpapi.Observation
	}{
		{"a good one", "GET", "/v1/keys", token, httpapi.Observation{Route: "/v1/keys", Method: "GET", Status: 200, Auth: httpapi.AuthOK}},
		{"an id", "GET", "/v1/decisions/hostile", token, httpapi.Observation{Route: "/v1/decisions/{id}", Method: "GET", Status: 404, Auth: httpapi.AuthOK}},
		{"H23 a method of the caller's", "HOSTILE", "/v1/keys", token, httpapi.Observation{Route: "/v1/keys", Method: httpapi.NoMethod, Status: 405, Auth: httpapi.AuthOK}},
		{"over the rate of the key", "GET", "/v1/keys", token, httpapi.Observation{Route: "/v1/keys", Method: "GET", Status: 429, Auth: httpapi.AuthOK, Limit: httpapi.LimitKey}},
		{"a key that is none", "GET", "/v1/keys", http.Header{"Authorization": {"Bearer csk_hostile"}}, httpapi.Observation{Route: "/v1/keys", Method: "GET", Status: 401, Auth: httpapi.AuthFailed}},
		{"no key", "GET", "/v1/keys", nil, httpapi.Observation{Route: "/v1/keys", Method: "GET", Status: 401, Auth: httpapi.AuthFailed}},
		{"what needs none", "GET", "/healthz", nil, httpapi.Observation{Route: "/healthz", Method: "GET", Status: 200}},
		{"H23 a path of the caller's", "GET", "/hostile", nil, httpapi.Observation{Route: httpapi.NoRoute, Method: httpapi.NoMethod, Status: 404}},
		{"over the rate of the network", "GET", "/healthz", nil, httpapi.Observation{Route: "/healthz", Method: "GET", Status: 429, Limit: httpapi.LimitNetwork}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.from("192.0.2.1", test.method, test.path, test.header)
			if diff := cmp.Diff(test.want, seen.last(), cmpopts.IgnoreFields(httpapi.Observation{}, "Took")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Without metrics there is no path for them.
func TestNoMetrics(t *testing.T) {
	if a := start(t, setup{}).get("/v1/metrics"); a.status != http.StatusNotFound {
		t.Errorf("answered %d: %s", a.status, a.body)
	}
}
