package issuer

import (
	"fmt"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// told is the one line that a person is told of the client: what was verified,
// the host before any name that the client chose.
func told(v *verify.Verdict, claimed metadata.Client, d Decision) string {
	name := claimed.ClientName
	if c, ok := v.Client(); ok && c.ClientName != "" {
		name = c.ClientName
	}
	host := v.Publisher.Domain()
	var line string
	switch {
	case host == "":
		line = unvouched(metadata.Client{ClientName: name})
	case signedByPublisher(v) && d.Binding != metadata.BindingLoose, v.Passed(verify.CheckPossession) && d.Tier == TierSigned:
		line = "Published and signed by " + host
	case v.Passed(verify.CheckSignature), v.Passed(verify.CheckMetadataDocument) && v.Passed(verify.CheckCoverage):
		line = "Published by " + host
	case v.Passed(verify.CheckDelivery) && v.Passed(verify.CheckCoverage):
		line = "Returns only to " + host
	default:
		line = unvouched(metadata.Client{ClientName: name})
	}
	if d.Acceptance == nil {
		return line
	}
	said := "accepted"
	if d.Acceptance.By == ByException {
		said = "allowed"
	}
	line += "; " + said + " by " + d.Acceptance.Actor
	if d.Binding == metadata.BindingLoose {
		line += "; any program on this computer could pose as it"
	}
	return line
}

// unvouched is told of a client that proves nothing.
func unvouched(c metadata.Client) string {
	return fmt.Sprintf("Nobody vouches for the name %q", c.ClientName)
}
