package issuer

import "time"

// An Observation is an operator's word that what is decided is not enforced for a
// time: the way out of a wrong policy at night. It ends by itself.
type Observation struct {
	Of     string    `json:"of"` // a resource identifier or an authorization server; empty for everything
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}
