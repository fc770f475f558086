package verify

import (
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

// An Absence is the time during which the address of a metadata document answered
// 404 whenever it was asked. The zero Absence is of a document that was there.
type Absence struct {
	First, Last time.Time // inclusive
}

// Again returns the absence after one more 404. One that is more than a day away
// begins anew: nobody knows what was there between.
func (a Absence) Again(at time.Time) Absence {
	if a.First.IsZero() || at.Sub(a.Last) > limits.AbsencePause {
		return Absence{First: at, Last: at}
	}
	if at.After(a.Last) {
		a.Last = at
	}
	return a
}
