package issuer

import "time"

// An Observation is an operator's word that what is decided for a resource or an
// upstream is not enforced for a time: the way out of a wrong policy at night. It
// ends by itself. The zero Observation is of nothing.
type Observation struct {
	Of     string    `json:"of"` // a resource identifier, or the name of an upstream
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}
