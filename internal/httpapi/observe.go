package httpapi

import (
	"net/http"
	"time"

	"github.com/fc28f635/countersign/internal/access"
)

// An Observation is one request that was answered, in words from closed sets:
// nothing of it was chosen by whoever asked.
type Observation struct {
	// Route is the template of the path, such as /v1/decisions/{id}; [NoRoute]
	// where the request was for none, or was refused before that was known.
	Route string

	// Method is one that the route has; [NoMethod] where it is another.
	Method string

	Status int // as it was answered
	Took   time.Duration

	// Limit is the rate that the request was over; empty where it was over none.
	Limit Limit

	// Auth is what became of the API key.
	Auth Auth
}

// What is said of requests for what is not there.
const (
	NoRoute  = "none"
	NoMethod = "other"
)

// A Limit is one of the [Rates], or of the rates of arrivals.
type Limit string

// The limits.
const (
	LimitKey       Limit = "key"
	LimitLookups   Limit = "lookups"
	LimitNetwork   Limit = "network"
	LimitStrangers Limit = "strangers"
	LimitSource    Limit = "source"    // clients of one publisher from one source.ip
	LimitPublisher Limit = "publisher" // new clients of one publisher
)

// Limits returns all limits.
func Limits() []Limit {
	return []Limit{LimitKey, LimitLookups, LimitNetwork, LimitStrangers, LimitSource, LimitPublisher}
}

// An Auth is what became of the API key of a request.
type Auth string

// What becomes of API keys. The empty Auth is of a request that needed none.
const (
	AuthOK     Auth = "ok"
	AuthFailed Auth = "failed" // there was none, or none that is in force
)

// observe reports a request that was answered.
func (s *server) observe(e *event, took time.Duration) {
	if s.cfg.OnRequest == nil {
		return
	}
	o := Observation{Route: NoRoute, Method: NoMethod, Status: e.status, Took: took, Limit: e.limit, Auth: e.auth}
	if e.route != "" {
		o.Route = e.route
	}
	if e.method != "" {
		o.Method = e.method
	}
	s.cfg.OnRequest(o)
}

// metricsOperation serves [Config].Metrics: below /v1/, so that nobody gets
// there without a key.
func (s *server) metricsOperation() {
	s.handle("/v1/metrics", http.MethodGet, access.Metrics, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mediaType, body, err := s.cfg.Metrics()
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		write(w, r, http.StatusOK, mediaType, body)
	}))
}
