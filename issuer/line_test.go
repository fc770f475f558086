package issuer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/verify"
)

// What was given to a publisher's line is not a new one's, also when that is held
// down no more (formats, section 2: nothing carries over unconfirmed).
func TestAcceptanceIsOfALine(t *testing.T) {
	const old = "old"
	now := vectortest.DrawnNow
	ago := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	key := vectortest.Genuine.Key.Thumbprint()
	for name, c := range map[string]struct {
		seen     []verify.Sighting // when it was accepted, and until now
		accepted int               // hours ago; what was first seen later was not known then
		want     Tier
	}{
		"accepted before any key, first line": {[]verify.Sighting{{Thumbprint: key, First: ago(1), Last: ago(1)}}, 10, TierAccepted},
		"accepted with this key":              {[]verify.Sighting{{Thumbprint: key, First: ago(100), Last: now}}, 10, TierAccepted},
		"joined the line":                     {[]verify.Sighting{{Thumbprint: old, First: ago(500), Last: now}, {Thumbprint: key, First: ago(24), Last: now}}, 100, TierAccepted},
		"K22 new line, held down":             {[]verify.Sighting{{Thumbprint: old, First: ago(500), Last: ago(72)}, {Thumbprint: key, First: ago(71), Last: now}}, 100, TierDomain},
		"K22 new line, held down no more":     {[]verify.Sighting{{Thumbprint: old, First: ago(500), Last: ago(80)}, {Thumbprint: key, First: ago(79), Last: now}}, 100, TierSigned},
		"K22 accepted while it is held down":  {[]verify.Sighting{{Thumbprint: old, First: ago(500), Last: ago(80)}, {Thumbprint: key, First: ago(79), Last: now}}, 10, TierSigned},
		"K22 confirmed when it is no more":    {[]verify.Sighting{{Thumbprint: old, First: ago(500), Last: ago(100)}, {Thumbprint: key, First: ago(90), Last: now}}, 0, TierAccepted},
		"K22 accepted before any key, second line": {[]verify.Sighting{{Thumbprint: old, First: ago(500), Last: ago(100)},
			{Thumbprint: key, First: ago(90), Last: now}}, 600, TierSigned},
	} {
		t.Run(name, func(t *testing.T) {
			clock := ago(c.accepted)
			o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Now = func() time.Time { return clock } })
			for _, s := range c.seen {
				if !s.First.After(clock) {
					o.store.sightings[vectortest.Acme] = append(o.store.sightings[vectortest.Acme], s)
				}
			}
			o.accept(t, acceptance(func(a *Acceptance) { a.At = clock }))
			clock, o.store.sightings[vectortest.Acme] = now, c.seen
			wantDecision(t, o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil)))), Approved, c.want, "")
		})
	}
}

// An allowance is the confirmation of a key that is held down: it is of the keys
// that were seen when it was given, and of no later one.
func TestAllowanceConfirmsANewLine(t *testing.T) {
	now := vectortest.DrawnNow
	old := verify.Sighting{Thumbprint: "old", First: now.Add(-500 * time.Hour), Last: now.Add(-10 * time.Hour)}
	held := verify.Sighting{Thumbprint: vectortest.Genuine.Key.Thumbprint(), First: now.Add(-9 * time.Hour), Last: now}
	for name, c := range map[string]struct {
		seen []verify.Sighting
		want Tier
	}{
		"seen":           {[]verify.Sighting{old, held}, TierSigned},
		"not seen yet":   {[]verify.Sighting{old}, TierDomain},
		"nothing seen":   {nil, TierDomain},
		"another's only": {[]verify.Sighting{{Thumbprint: "other", First: held.First, Last: held.Last}}, TierDomain},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			o.store.sightings[vectortest.Acme] = c.seen
			o.except(t, exception(t, "acme.example", TierSigned))
			o.store.sightings[vectortest.Acme] = []verify.Sighting{old, held}
			wantDecision(t, o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil)))), Approved, c.want, "")
		})
	}
}

// For any history of a publisher's keys: an acceptance covers a key that was not
// of the publisher's line when it was given only if an unbroken chain of keys,
// each published for a day beside the one before, leads from one that was.
func TestAcceptanceCarriesByOverlapOnly(t *testing.T) {
	covered, refused, outer := 0, 0, t
	rapid.Check(t, func(t *rapid.T) {
		now := vectortest.DrawnNow
		hours := rapid.IntRange(0, 400)
		key := vectortest.Genuine.Key.Thumbprint()
		seen := []verify.Sighting{}
		for i := range rapid.IntRange(1, 5).Draw(t, "keys") {
			first := hours.Draw(t, "first")
			last := min(first, hours.Draw(t, "last"))
			name := fmt.Sprint(i)
			if i == 0 {
				name, last = key, 0
			}
			seen = append(seen, verify.Sighting{Thumbprint: name, First: now.Add(-time.Duration(first) * time.Hour), Last: now.Add(-time.Duration(last) * time.Hour)})
		}
		given := now.Add(-time.Duration(hours.Draw(t, "given")) * time.Hour)
		var then []verify.Sighting
		for _, s := range seen {
			if !s.First.After(given) {
				s.Last = minTime(s.Last, given)
				then = append(then, s)
			}
		}
		line := verify.Established(then, given)
		o := newOffice(outer, secure, signedZone(""), nil)
		o.store.sightings[vectortest.Acme] = seen
		o.store.accepted = []Acceptance{acceptance(func(a *Acceptance) { a.Line, a.At = line, now.Add(-500*time.Hour) })}
		d := o.decide(outer, registration(agent(stated(outer, vectortest.Genuine, nil))))
		want := reaches(seen, line, key)
		if d.Tier == TierAccepted && !want {
			t.Fatalf("given to %v at %s, and %s rides on it: %v", line, given, key, seen)
		}
		if d.Tier == TierAccepted {
			covered++
		} else if !want {
			refused++
		}
	})
	if covered == 0 || refused == 0 {
		t.Errorf("%d covered, %d refused: one was never drawn", covered, refused)
	}
}

// reaches walks from the keys that something was given to, and where there were
// none from the publisher's first, over overlaps of a day.
func reaches(seen []verify.Sighting, given []string, key string) bool {
	first := slices.MinFunc(seen, func(a, b verify.Sighting) int { return a.First.Compare(b.First) }).First
	at := map[string]bool{}
	for _, s := range seen {
		at[s.Thumbprint] = slices.Contains(given, s.Thumbprint) || len(given) == 0 && s.First.Equal(first)
	}
	for range seen {
		for _, a := range seen {
			for _, b := range seen {
				together := minTime(a.Last, b.Last).Sub(maxTime(a.First, b.First))
				if at[a.Thumbprint] && (together >= limits.KeyOverlap || a.First.Equal(first) && b.First.Equal(first)) {
					at[b.Thumbprint] = true
				}
			}
		}
	}
	return at[key]
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
