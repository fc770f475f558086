package verify

import (
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

// inLine reports whether a key belongs to the publisher's line, or has waited
// out the time that a new line is held down. A publisher's first keys are its
// line; a later one joins it by having been published for a day together with
// a key of the line. The sightings hold what was seen up to at.
func inLine(sightings []Sighting, thumbprint string, at time.Time) bool {
	var first time.Time
	for _, s := range sightings {
		if first.IsZero() || s.First.Before(first) {
			first = s.First
		}
	}
	line := make(map[string]bool, len(sightings))
	for _, s := range sightings {
		if s.First.Equal(first) {
			line[s.Thumbprint] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, s := range sightings {
			if !line[s.Thumbprint] && joins(s, sightings, line) {
				line[s.Thumbprint], grown = true, true
			}
		}
	}
	if line[thumbprint] {
		return true
	}
	for _, s := range sightings {
		if s.Thumbprint == thumbprint {
			return at.Sub(s.First) >= limits.KeyLineHold
		}
	}
	return false
}

// joins reports whether s overlaps a key of the line for long enough.
func joins(s Sighting, sightings []Sighting, line map[string]bool) bool {
	for _, other := range sightings {
		if !line[other.Thumbprint] {
			continue
		}
		start, end := s.First, s.Last
		if other.First.After(start) {
			start = other.First
		}
		if other.Last.Before(end) {
			end = other.Last
		}
		if end.Sub(start) >= limits.KeyOverlap {
			return true
		}
	}
	return false
}
