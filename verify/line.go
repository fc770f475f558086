package verify

import (
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

// A Line is the keys of a publisher that belong together with one key: each was
// seen published for a day beside another of them. What people gave to one line
// is not another's. The zero Line is of a key of which nothing is remembered.
type Line struct {
	// Keys are the thumbprints (RFC 7638), that of the key itself among them.
	Keys []string

	// First says that no key of the publisher was seen before those of the line.
	First bool
}

// lineOf returns the line of a key. The first keys of a publisher are of one
// line, however short they were seen. The sightings are all that was seen.
func lineOf(sightings []Sighting, thumbprint string) Line {
	sightings = ofKeys(sightings)
	first := firstSeen(sightings)
	var line []Sighting
	rest := slices.Clone(sightings)
	take := func(belongs func(Sighting) bool) (taken bool) {
		rest = slices.DeleteFunc(rest, func(s Sighting) bool {
			if belongs(s) {
				line, taken = append(line, s), true
				return true
			}
			return false
		})
		return taken
	}
	joins := func(s Sighting) bool {
		return slices.ContainsFunc(line, func(other Sighting) bool {
			return overlap(s, other) >= limits.KeyOverlap || s.First.Equal(first) && other.First.Equal(first)
		})
	}
	take(func(s Sighting) bool { return s.Thumbprint == thumbprint })
	for take(joins) {
	}
	var l Line
	for _, s := range line {
		l.Keys = append(l.Keys, s.Thumbprint)
		l.First = l.First || s.First.Equal(first)
	}
	slices.Sort(l.Keys)
	return l
}

// established reports whether a key is of the publisher's first line, or has
// waited out the time that a new line is held down.
func (l Line) established(sightings []Sighting, thumbprint string, at time.Time) bool {
	return l.First || slices.ContainsFunc(sightings, func(s Sighting) bool {
		return s.Thumbprint == thumbprint && at.Sub(s.First) >= limits.KeyLineHold
	})
}

// Established returns the thumbprints of a publisher's keys that are not held
// down at an instant: what is given to the publisher then is given to them, and
// to the keys that join them.
func Established(sightings []Sighting, at time.Time) []string {
	var keys []string
	for _, s := range ofKeys(sightings) {
		if s.Ended.IsZero() && lineOf(sightings, s.Thumbprint).established(sightings, s.Thumbprint, at) {
			keys = append(keys, s.Thumbprint)
		}
	}
	slices.Sort(keys)
	return keys
}

// BeginsAnew reports whether a key that is seen again has its first time now: others
// of the publisher were seen without it since, and it was held down when it was
// seen last. Who has a domain for a moment now and then has no key with a past.
// The sightings are those before.
func BeginsAnew(sightings []Sighting, thumbprint string) bool {
	sightings = ofKeys(sightings)
	i := slices.IndexFunc(sightings, func(s Sighting) bool { return s.Thumbprint == thumbprint })
	if i < 0 {
		return false
	}
	last := sightings[i].Last
	without := slices.ContainsFunc(sightings, func(s Sighting) bool { return s.Last.After(last) })
	return without && !lineOf(sightings, thumbprint).established(sightings, thumbprint, last)
}

// ofKeys leaves out the names under which no key was seen.
func ofKeys(sightings []Sighting) []Sighting {
	return slices.DeleteFunc(slices.Clone(sightings), func(s Sighting) bool { return s.Thumbprint == "" })
}

// ended returns when the publisher revoked a key that it published as kid; zero
// where it did not. A name under which no key was seen is dead for every key.
func ended(sightings []Sighting, kid, thumbprint string) time.Time {
	for _, s := range sightings {
		if !s.Ended.IsZero() && (s.Thumbprint == thumbprint || s.Thumbprint == "" && slices.Contains(s.KeyIDs, kid)) {
			return s.Ended
		}
	}
	return time.Time{}
}

// wasSeen reports whether a key was seen under a name and is not known to be dead.
func wasSeen(sightings []Sighting, kid string) bool {
	return slices.ContainsFunc(sightings, func(s Sighting) bool {
		return s.Thumbprint != "" && s.Ended.IsZero() && slices.Contains(s.KeyIDs, kid)
	})
}

// firstSeen returns when any key was seen first; zero where none was.
func firstSeen(sightings []Sighting) (first time.Time) {
	for _, s := range sightings {
		if first.IsZero() || s.First.Before(first) {
			first = s.First
		}
	}
	return first
}

// overlap returns for how long two keys were published together.
func overlap(a, b Sighting) time.Duration {
	start, end := a.First, a.Last
	if b.First.After(start) {
		start = b.First
	}
	if b.Last.Before(end) {
		end = b.Last
	}
	return end.Sub(start)
}
