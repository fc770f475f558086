package verify

import (
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// A Recollection is what was recorded of a verdict. The zero Recollection is of
// one that was rejected for no reason.
type Recollection struct {
	At        time.Time
	Outcome   Outcome
	Reason    metadata.Reason // why it is not verified
	Publisher metadata.Publisher
	Digest    string // of the statement; empty where none was presented
	Findings  []Finding

	// Binding, Client, Shape and Lifetime are of a verified one. Lifetime is that
	// of its statement; zero where it had none.
	Binding  metadata.Binding
	Client   metadata.Client
	Shape    metadata.Shape
	Lifetime time.Duration
}

// Recall rebuilds a verdict from a record, so that what was decided on it can be
// decided again. It verifies nothing: the result says no more than the record
// does, and is as good as whoever kept that. Of the statement it has the publisher
// and the lifetime. Its line is of a publisher that had none before.
func Recall(r Recollection) *Verdict {
	v := &Verdict{Outcome: r.Outcome, At: r.At, Publisher: r.Publisher, Digest: r.Digest, Findings: r.Findings, reason: r.Reason}
	if r.Outcome != Verified {
		return v
	}
	v.Binding, v.client, v.claimed, v.shape, v.reason = r.Binding, r.Client, r.Client, r.Shape, ""
	v.line.First = true
	if r.Lifetime != 0 {
		issued := r.At.Unix()
		v.statement = &metadata.Statement{Publisher: r.Publisher, IssuedAt: issued, ExpiresAt: issued + int64(r.Lifetime/time.Second), Client: r.Client}
	}
	return v
}
