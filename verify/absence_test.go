package verify_test

import (
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/verify"
)

// One 404 after another is one absence, unless nobody asked for more than a day:
// then the document may have been there between.
func TestAbsenceAgain(t *testing.T) {
	const day = 24 * time.Hour
	first := vectortest.DrawnNow
	last := first.Add(time.Hour)
	missing := verify.Absence{First: first, Last: last}
	for name, c := range map[string]struct {
		before verify.Absence
		at     time.Time
		after  verify.Absence
	}{
		"U18 the first":                    {verify.Absence{}, first, verify.Absence{First: first, Last: first}},
		"U18 a minute later":               {missing, last.Add(time.Minute), verify.Absence{First: first, Last: last.Add(time.Minute)}},
		"U18 at the same time":             {missing, last, missing},
		"U18 by a clock that is behind":    {missing, last.Add(-time.Minute), missing},
		"U18 a day later":                  {missing, last.Add(day), verify.Absence{First: first, Last: last.Add(day)}},
		"U18 more than a day later":        {missing, last.Add(day + time.Second), verify.Absence{First: last.Add(day + time.Second), Last: last.Add(day + time.Second)}},
		"U18 a day after the first of all": {missing, first.Add(day + time.Minute), verify.Absence{First: first, Last: first.Add(day + time.Minute)}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.before.Again(c.at); got != c.after {
				t.Errorf("%+v, want %+v", got, c.after)
			}
		})
	}
}
