package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/internal/webhook"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Unavailable is the outcome of a decision that only says that none could be
// made, which is not recorded.
const Unavailable = "unavailable"

const (
	hit  = "hit"
	miss = "miss"
)

// begin gives the series of the small sets their first value, zero: a rate over
// a series that is not there yet is none.
func (m *Metrics) begin() {
	for _, s := range verify.Stages() {
		m.stageDuration.WithLabelValues(string(s))
	}
	for _, c := range verify.Caches() {
		m.cacheRequests.WithLabelValues(string(c), hit)
		m.cacheRequests.WithLabelValues(string(c), miss)
	}
	for _, over := range []verify.LookupOver{verify.OverDNS, verify.OverHTTPS} {
		for _, result := range verify.LookupResults(over) {
			m.lookupDuration.WithLabelValues(string(over), string(result))
		}
	}
	for _, r := range badgerstore.CommitResults() {
		m.commits.WithLabelValues(string(r))
	}
	for _, r := range webhook.Results() {
		m.webhooks.WithLabelValues(string(r))
	}
	for _, l := range httpapi.Limits() {
		m.limited.WithLabelValues(string(l))
	}
	for _, a := range []httpapi.Auth{httpapi.AuthOK, httpapi.AuthFailed} {
		m.authentications.WithLabelValues(string(a))
	}
}

// Sets that labels come from.
var (
	reasons  = setOf(append(metadata.Reasons(), ""))
	checks   = setOf(append(verify.Checks(), issuer.CheckSource))
	outcomes = setOf(issuer.Outcomes())
)

func setOf[T ~string](members []T) map[string]bool {
	set := make(map[string]bool, len(members))
	for _, m := range members {
		set[string(m)] = true
	}
	return set
}

// label returns a word that is in the set, and else [Other].
func label[T ~string](set map[string]bool, word T) string {
	if set[string(word)] {
		return string(word)
	}
	return Other
}

// Decision counts a decision, for issuer.Config.
func (m *Metrics) Decision(d issuer.Decision, took time.Duration) {
	outcome := label(outcomes, d.Outcome)
	if d.Unavailable() {
		outcome = Unavailable
	}
	m.decisions.WithLabelValues(outcome, d.Tier.String(), label(reasons, d.Reason)).Inc()
	m.decisionDuration.Observe(took.Seconds())
	m.conditionFaults.Add(float64(len(d.ConditionFaults)))
	for _, f := range d.Findings {
		m.findings.WithLabelValues(label(checks, f.Check), f.Status.String(), label(reasons, f.Reason)).Inc()
	}
}

// Observer counts what a verifier does, for verify.Config.
func (m *Metrics) Observer() verify.Observer {
	return verify.Observer{
		Stage: func(s verify.Stage, took time.Duration) {
			m.stageDuration.WithLabelValues(string(s)).Observe(took.Seconds())
		},
		Cache: func(c verify.Cache, had bool) {
			result := miss
			if had {
				result = hit
			}
			m.cacheRequests.WithLabelValues(string(c), result).Inc()
		},
		Lookup: func(l verify.Lookup) {
			m.lookupDuration.WithLabelValues(string(l.Over), string(l.Result)).Observe(l.Took.Seconds())
			m.documentBytes.Add(float64(l.Bytes))
		},
	}
}

// Commit counts a commit, for badgerstore.Config.
func (m *Metrics) Commit(c badgerstore.Commit) {
	m.commits.WithLabelValues(string(c.Result)).Inc()
	if c.Result == badgerstore.CommitDurable {
		m.commitDuration.Observe(c.Took.Seconds())
		m.commitWrites.Observe(float64(c.Writes))
	}
}

// Request counts a request, for httpapi.Config.
func (m *Metrics) Request(o httpapi.Observation) {
	status := Other
	if http.StatusText(o.Status) != "" {
		status = strconv.Itoa(o.Status)
	}
	m.requests.WithLabelValues(o.Route, o.Method, status).Inc()
	m.requestDuration.WithLabelValues(o.Route).Observe(o.Took.Seconds())
	if o.Limit != "" {
		m.limited.WithLabelValues(string(o.Limit)).Inc()
	}
	if o.Auth != "" {
		m.authentications.WithLabelValues(string(o.Auth)).Inc()
	}
}

// Webhook counts an attempt to tell of a review, for webhook.Config.
func (m *Metrics) Webhook(r webhook.Result) { m.webhooks.WithLabelValues(string(r)).Inc() }

// ConnectionRefused counts a connection that was one too many.
func (m *Metrics) ConnectionRefused() { m.refused.Inc() }
