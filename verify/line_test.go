package verify

import (
	"slices"
	"testing"
	"time"
)

var lineNow = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func ago(hours int) time.Time { return lineNow.Add(-time.Duration(hours) * time.Hour) }

// seen is a sighting of a key between two times, in hours before lineNow.
func seen(key string, first, last int) Sighting {
	return Sighting{Thumbprint: key, First: ago(first), Last: ago(last)}
}

func TestEstablished(t *testing.T) {
	dead := func(s Sighting) Sighting { s.Ended = s.Last; return s }
	for name, c := range map[string]struct {
		sightings []Sighting
		key       string
		want      bool
	}{
		"first key":                            {[]Sighting{seen("a", 0, 0)}, "a", true},
		"old key":                              {[]Sighting{seen("a", 1000, 0)}, "a", true},
		"standby from the start":               {[]Sighting{seen("a", 1000, 500), seen("b", 1000, 0)}, "b", true},
		"standby from the start, used at once": {[]Sighting{seen("a", 1, 1), seen("b", 1, 0)}, "b", true},
		"K20 overlap of 24 h":                  {[]Sighting{seen("a", 1000, 0), seen("b", 24, 0)}, "b", true},
		"K20 overlap of 23 h":                  {[]Sighting{seen("a", 1000, 0), seen("b", 23, 0)}, "b", false},
		"overlap that ended":                   {[]Sighting{seen("a", 1000, 10), seen("b", 34, 0)}, "b", true},
		"overlap that ended early":             {[]Sighting{seen("a", 1000, 11), seen("b", 34, 0)}, "b", false},
		"K22 all keys at once":                 {[]Sighting{seen("a", 1000, 30), seen("b", 29, 0)}, "b", false},
		"K22 held for 71 h":                    {[]Sighting{seen("a", 1000, 100), seen("b", 71, 0)}, "b", false},
		"K22 held for 72 h":                    {[]Sighting{seen("a", 1000, 100), seen("b", 72, 0)}, "b", true},
		"chain":                                {[]Sighting{seen("a", 1000, 400), seen("b", 500, 40), seen("c", 70, 0)}, "c", true},
		"chain listed backwards":               {[]Sighting{seen("c", 70, 0), seen("b", 500, 40), seen("a", 1000, 400)}, "c", true},
		"chain with a gap":                     {[]Sighting{seen("a", 1000, 600), seen("b", 500, 20), seen("c", 60, 0)}, "c", false},
		"beside a key of no line":              {[]Sighting{seen("a", 1000, 100), seen("b", 60, 0), seen("c", 50, 0)}, "c", false},
		"D35 another owner's, after a gap":     {[]Sighting{seen("a", 5000, 900), seen("b", 71, 0)}, "b", false},
		"beside a key that is dead":            {[]Sighting{dead(seen("a", 1000, 10)), seen("b", 34, 0)}, "b", true},
		"a name alone is no first key":         {[]Sighting{{KeyIDs: []string{"z"}, First: ago(2000), Ended: ago(2000)}, seen("a", 1, 0)}, "a", true},
		"never seen":                           {[]Sighting{seen("a", 1000, 0)}, "b", false},
		"nothing seen":                         {nil, "a", false},
	} {
		t.Run(name, func(t *testing.T) {
			line := lineOf(c.sightings, c.key)
			if got := line.established(c.sightings, c.key, lineNow); got != c.want {
				t.Errorf("established is %t, of line %v", got, line)
			}
			if got := slices.Contains(Established(c.sightings, lineNow), c.key); got != c.want {
				t.Errorf("it is among the established: %t", got)
			}
		})
	}
}

// A key that had no past yet when it went, and that others were seen without, has
// none when it is back.
func TestBeginsAnew(t *testing.T) {
	for name, c := range map[string]struct {
		sightings []Sighting
		want      bool
	}{
		"K22 others were seen without it":    {[]Sighting{seen("a", 1000, 1), seen("b", 20, 20)}, true},
		"K22 held for 71 h, and away":        {[]Sighting{seen("a", 1000, 74), seen("b", 73, 2), seen("c", 1, 1)}, true},
		"held for 72 h, and away":            {[]Sighting{seen("a", 1000, 75), seen("b", 74, 2), seen("c", 1, 1)}, false},
		"beside the line for 24 h, and away": {[]Sighting{seen("a", 1000, 1), seen("b", 26, 2)}, false},
		"of the line, and away":              {[]Sighting{seen("a", 1000, 1), seen("b", 500, 400), seen("c", 80, 2)}, false},
		"nobody looked since":                {[]Sighting{seen("a", 1000, 20), seen("b", 20, 20)}, false},
		"seen alone since":                   {[]Sighting{seen("a", 1000, 30), seen("b", 20, 20)}, false},
		"first key":                          {[]Sighting{seen("b", 1000, 20), seen("a", 10, 1)}, false},
		"a name alone was revoked since":     {[]Sighting{seen("a", 1000, 20), seen("b", 20, 20), {KeyIDs: []string{"z"}, First: ago(1), Last: ago(1), Ended: ago(1)}}, false},
		"never seen":                         {[]Sighting{seen("a", 1000, 1)}, false},
		"nothing seen":                       {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := BeginsAnew(c.sightings, "b"); got != c.want {
				t.Errorf("begins anew: %t", got)
			}
		})
	}
}

// What was given to a line is found again for the keys of that line, and no
// others, also where these are not held down any more.
func TestLineOf(t *testing.T) {
	for name, c := range map[string]struct {
		sightings []Sighting
		key       string
		want      []string
		first     bool
	}{
		"first key":             {[]Sighting{seen("a", 0, 0)}, "a", []string{"a"}, true},
		"first keys":            {[]Sighting{seen("a", 9, 9), seen("b", 9, 0)}, "b", []string{"a", "b"}, true},
		"second beside first":   {[]Sighting{seen("a", 1000, 0), seen("b", 24, 0)}, "a", []string{"a", "b"}, true},
		"chain, from its end":   {[]Sighting{seen("a", 1000, 400), seen("b", 500, 40), seen("c", 70, 0)}, "c", []string{"a", "b", "c"}, true},
		"chain, from its start": {[]Sighting{seen("c", 70, 0), seen("b", 500, 40), seen("a", 1000, 400)}, "a", []string{"a", "b", "c"}, true},
		"K22 new line":          {[]Sighting{seen("a", 1000, 100), seen("b", 99, 0)}, "b", []string{"b"}, false},
		"K22 old line":          {[]Sighting{seen("a", 1000, 100), seen("b", 99, 0)}, "a", []string{"a"}, true},
		"K22 new line grows":    {[]Sighting{seen("a", 1000, 100), seen("b", 99, 0), seen("c", 50, 0)}, "c", []string{"b", "c"}, false},
		"never seen":            {[]Sighting{seen("a", 1000, 0)}, "b", nil, false},
		"nothing seen":          {nil, "a", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lineOf(c.sightings, c.key); !slices.Equal(got.Keys, c.want) || got.First != c.first {
				t.Errorf("got %v, want %v, first %t", got, c.want, c.first)
			}
		})
	}
}
