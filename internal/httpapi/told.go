package httpapi

import (
	"errors"
	"slices"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// told returns the decision as the caller may see it, and takes its id down for
// the log. A decision that only says that none could be made is an error.
func told(e *event, d issuer.Decision) (issuer.Decision, error) {
	e.decision = d.ID
	if !e.caller.May(access.Findings) {
		if hidden(d.Reason) {
			return issuer.Decision{}, because(aloud, errors.New(string(d.Reason)))
		}
		d = outline(d)
	} else {
		e.answer = d.Recorded()
	}
	return d, withoutAnswer(d)
}

// unspoken are told as one to callers without the right to findings: which of them
// came about says what this machine can reach.
var unspoken = []metadata.Reason{
	metadata.ReasonAddressRefused, metadata.ReasonDNSUnavailable, metadata.ReasonDNSBogus, metadata.ReasonDocumentUnavailable,
}

// aloud is the one.
const aloud = metadata.ReasonDocumentUnavailable

func hidden(r metadata.Reason) bool { return slices.Contains(unspoken, r) }

// outline leaves of each finding its check, status and reason, and nothing of what
// was not told.
func outline(d issuer.Decision) issuer.Decision {
	d.Before, d.DeniedBy, d.ConditionFaults = nil, nil, nil
	d.Findings = outlines(d.Findings)
	if ignored := d.IgnoredStatement; ignored != nil {
		outlined := *ignored
		outlined.Findings = outlines(ignored.Findings)
		d.IgnoredStatement = &outlined
	}
	if would := d.Would; would != nil && hidden(would.Reason) {
		outlined := *would
		outlined.Reason = aloud
		d.Would = &outlined
	}
	d.Flags = slices.Clone(d.Flags)
	for i, f := range d.Flags {
		if hidden(f) {
			d.Flags[i] = aloud
		}
	}
	return d
}

func outlines(findings []verify.Finding) []verify.Finding {
	list := make([]verify.Finding, len(findings))
	for i, f := range findings {
		list[i] = verify.Finding{Check: f.Check, Status: f.Status, Reason: f.Reason}
		if hidden(f.Reason) {
			list[i].Status, list[i].Reason = verify.Unavailable, aloud
		}
	}
	return list
}
