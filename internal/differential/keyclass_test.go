package differential

import (
	"fmt"

	"github.com/fc28f635/countersign/metadata"
)

// A keyDifference is a key that one side uses and the other does not, or a
// whole set of which one side uses any.
type keyDifference struct {
	set    string
	whole  bool
	index  int
	ours   bool
	reason metadata.Reason
	detail string
	fault  string
}

func (d keyDifference) String() string {
	return fmt.Sprintf("ours %t %s %s, theirs %t %s: key %d %s\n\tof %q", d.ours, d.reason, d.detail, !d.ours, d.fault, d.index, d.jwk(), d.set)
}

var keyClasses = []class[keyDifference]{}
