// Package metrics counts what the service does, for Prometheus. Call [New], give
// its functions to the packages that report, tell it with [Metrics.Watch] what to
// ask at each scrape, and serve [Metrics.Text].
//
// Every label is a word of a closed set of ours. Nothing that a stranger chooses
// becomes one: no name, address, path, key or statement. What is in none of the
// sets is counted as [Other]. docs/observability.md has every metric.
//
// There is no global registry: a process can have several services.
package metrics

import (
	"bytes"
	"fmt"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// Other is the label of what is in no set of ours.
const Other = "other"

// Metrics are the metrics of one service. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	decisions        *prometheus.CounterVec
	decisionDuration prometheus.Histogram
	findings         *prometheus.CounterVec
	conditionFaults  prometheus.Counter

	stageDuration  *prometheus.HistogramVec
	cacheRequests  *prometheus.CounterVec
	lookupDuration *prometheus.HistogramVec
	documentBytes  prometheus.Counter

	commits        *prometheus.CounterVec
	commitDuration prometheus.Histogram
	commitWrites   prometheus.Histogram

	requests        *prometheus.CounterVec
	requestDuration *prometheus.HistogramVec
	limited         *prometheus.CounterVec
	authentications *prometheus.CounterVec
	refused         prometheus.Counter
	webhooks        *prometheus.CounterVec
}

const namespace = "countersign"

// Bounds of histograms, in seconds. What is remembered takes microseconds, a
// commit a few milliseconds, a look-up up to the sum of its time-outs.
var (
	shortBounds = []float64{5e-6, 25e-6, 100e-6, 500e-6, 2.5e-3, 10e-3, 50e-3, 250e-3, 1, 5, 20}
	longBounds  = []float64{1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10, 20}
	writeBounds = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}
)

// New returns the metrics of a service of this version.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	histogram := func(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: bounds}, labels)
		m.registry.MustRegister(v)
		return v
	}
	m.decisions = counter("decisions_total", "Decisions; unavailable ones were not recorded.", "outcome", "tier", "reason")
	m.decisionDuration = one(histogram("decision_duration_seconds", "From the request to the recorded decision.", shortBounds))
	m.findings = counter("findings_total", "Findings of decisions.", "check", "status", "reason")
	m.conditionFaults = counter("policy_condition_faults_total", "Conditions of the policy that failed; they granted nothing.").WithLabelValues()
	m.stageDuration = histogram("verification_stage_duration_seconds", "One stage of one verification.", shortBounds, "stage")
	m.cacheRequests = counter("cache_requests_total", "Looks into what is remembered.", "cache", "result")
	m.lookupDuration = histogram("lookup_duration_seconds", "One look-up in the network.", longBounds, "over", "result")
	m.documentBytes = counter("lookup_document_bytes_total", "Bytes of documents that were fetched.").WithLabelValues()
	m.commits = counter("store_commits_total", "Commits of the store.", "result")
	m.commitDuration = one(histogram("store_commit_duration_seconds", "One commit, with the sync.", longBounds))
	m.commitWrites = one(histogram("store_commit_writes", "Writes that shared one commit.", writeBounds))
	m.requests = counter("http_requests_total", "Requests that were answered.", "route", "method", "status")
	m.requestDuration = histogram("http_request_duration_seconds", "From the header of a request to its answer.", shortBounds, "route")
	m.limited = counter("http_rate_limited_total", "Requests over a rate, answered with 429.", "limit")
	m.authentications = counter("api_key_authentications_total", "Requests that needed an API key.", "result")
	m.refused = counter("connections_refused_total", "Connections that were closed at once, being too many.").WithLabelValues()
	m.webhooks = counter("webhook_messages_total", "Attempts to tell of a review, and messages that were dropped.", "result")
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info", Help: "Always 1."}, []string{"version", "go_version"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	return m
}

// one returns the only member of a histogram without labels.
func one(v *prometheus.HistogramVec) prometheus.Histogram {
	return v.WithLabelValues().(prometheus.Histogram)
}

// Text returns what Prometheus scrapes: its text format, version 0.0.4.
func (m *Metrics) Text() (mediaType string, body []byte, err error) {
	families, err := m.registry.Gather()
	if err != nil {
		return "", nil, fmt.Errorf("gathering metrics: %w", err)
	}
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	var text bytes.Buffer
	encoder := expfmt.NewEncoder(&text, format)
	for _, f := range families {
		if err := encoder.Encode(f); err != nil {
			return "", nil, fmt.Errorf("writing metrics: %w", err)
		}
	}
	return string(format), text.Bytes(), nil
}
