package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// A decision that cannot be recorded is not told.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name   string
		commit func() error
		status int
		reason string
		failed int
	}{
		{"no space", func() error { return fmt.Errorf("writing: %w", issuer.ErrStorageFull) }, 503, "storage_full", 0},
		{"a failed sync", func() error { return fmt.Errorf("syncing /zq/secret: %w", issuer.ErrStorageFailed) }, 500, "server_error", 1},
		{"anything else", func() error { return errors.New("zq internal detail") }, 500, "server_error", 0},
		{"J65 a panic", func() error { panic("zq internal detail") }, 500, "server_error", 0},
		{"J65 an index out of range", func() error { var list []error; return list[len(list)] }, 500, "server_error", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, setup{store: func(real issuer.Store) issuer.Store { return faultyStore{Store: real, commit: test.commit} }})
			a := s.post(good)
			a.want(t, test.status, test.reason)
			if strings.Contains(a.body, "zq") || strings.Contains(a.body, "approved") {
				t.Errorf("H20: the answer has detail: %s", a.body)
			}
			if wait := a.header.Get("Retry-After"); (wait != "") != (test.status == http.StatusServiceUnavailable) {
				t.Errorf("Retry-After %q with status %d", wait, test.status)
			}
			if a := s.get("/healthz"); a.status != http.StatusOK {
				t.Errorf("afterwards healthz answers %d", a.status)
			}
			s.server.Close() // until when every request is logged
			events := s.events()
			if len(events) != 2 || events[0]["request_id"] != a.problem(t).RequestID || events[0]["error"] == nil {
				t.Errorf("logged %v, want each request once, the first with its error", events)
			}
			if s.failed.count() != test.failed {
				t.Errorf("OnStorageFailed was called %d times, want %d", s.failed.count(), test.failed)
			}
		})
	}
}

// The caller has its answer before the process is told to end.
func TestStorageFailedAnswersFirst(t *testing.T) {
	answered := make(chan struct{})
	s := start(t, setup{
		store: func(real issuer.Store) issuer.Store {
			return faultyStore{Store: real, commit: func() error { return issuer.ErrStorageFailed }}
		},
		failed: func() {
			select {
			case <-answered:
			case <-time.After(5 * time.Second):
				t.Error("the process was told to end, and the caller has no answer")
			}
		},
	})
	s.post(good).want(t, http.StatusInternalServerError, "server_error")
	close(answered)
}
