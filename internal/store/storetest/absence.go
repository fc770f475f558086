package storetest

import (
	"testing"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// missing records a 404 and compares since when the document is missing.
func (s *storage) missing(id metadata.ClientID, at, since time.Time) {
	s.t.Helper()
	got, err := s.Missing(s.t.Context(), id, at)
	if err != nil || !got.Equal(since) {
		s.t.Errorf("at %v missing since %v, %v, want %v", at, got, err, since)
	}
}

func absencesAreKept(t *testing.T, s *storage) {
	a, b := clientID(t, "https://acme.example/a.json"), clientID(t, "https://acme.example/b.json")
	found := func(id metadata.ClientID) {
		t.Helper()
		if err := s.Found(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	found(a)
	s.missing(a, minute(0), minute(0))
	s.missing(b, minute(1), minute(1))
	s.reopen()
	s.missing(a, minute(10), minute(0))
	s.missing(a, minute(5), minute(0)) // T23: a clock that went back
	found(a)
	s.reopen()
	s.missing(a, minute(20), minute(20))
	s.missing(b, minute(21), minute(1))
	// A 404 of the day before says nothing of now.
	day := 24 * 60
	s.missing(a, minute(20+day), minute(20))
	s.missing(b, minute(21+day+1), minute(21+day+1))
	if _, err := s.Missing(t.Context(), metadata.ClientID{}, noon); err == nil {
		t.Error("the absence of no document was taken")
	}
	if err := s.Found(t.Context(), metadata.ClientID{}); err == nil {
		t.Error("no document was found")
	}
}
