package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fc28f635/countersign/verify"
)

// Watched are what is asked at each scrape. All are required, and must be safe
// for concurrent use.
type Watched struct {
	Cached       func(verify.Cache) int // entries that are remembered
	Free         func() (uint64, error) // bytes that can still be written
	Connections  func() int             // that are open
	PolicyDigest func() string          // of the policy that decides
	Observations func() (int, error)    // in force

	PendingReviews func() int // that a person has not answered
}

// Watch has the sources asked from now on. It is called once.
func (m *Metrics) Watch(w Watched) { m.registry.MustRegister(watch{w}) }

// A watch asks at each scrape.
type watch struct{ Watched }

var (
	cacheEntries   = prometheus.NewDesc(namespace+"_cache_entries", "Entries that are remembered, ended ones too.", []string{"cache"}, nil)
	freeBytes      = prometheus.NewDesc(namespace+"_store_free_bytes", "Bytes that can still be written where the data directory is.", nil, nil)
	connections    = prometheus.NewDesc(namespace+"_connections", "Connections that are open.", nil, nil)
	pendingReviews = prometheus.NewDesc(namespace+"_reviews_pending", "Reviews that a person has not answered.", nil, nil)
	observations   = prometheus.NewDesc(namespace+"_observations", "Words of operators in force by which decisions are not enforced.", nil, nil)
	policyInfo     = prometheus.NewDesc(namespace+"_policy_info", "Always 1, for the policy that decides.", []string{"digest"}, nil)
)

// Describe implements prometheus.Collector.
func (watch) Describe(to chan<- *prometheus.Desc) {
	to <- cacheEntries
	to <- freeBytes
	to <- connections
	to <- pendingReviews
	to <- policyInfo
	to <- observations
}

// Collect implements prometheus.Collector. What cannot be asked for
// has no value: it is not zero.
func (w watch) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, c := range verify.Caches() {
		gauge(cacheEntries, float64(w.Cached(c)), string(c))
	}
	if free, err := w.Free(); err == nil {
		gauge(freeBytes, float64(free))
	}
	gauge(connections, float64(w.Connections()))
	gauge(pendingReviews, float64(w.PendingReviews()))
	gauge(policyInfo, 1, w.PolicyDigest())
	if n, err := w.Observations(); err == nil {
		gauge(observations, float64(n))
	}
}
