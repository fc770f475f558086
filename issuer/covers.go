package issuer

import (
	"slices"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// covers returns an acceptance in force for the client: of its publisher where
// one is proven, or of its shape. One of a publisher covers all that it signs
// with the keys that it had, or keys that joined them;
// of what it does not sign, only the shape that was seen. A shape says where
// codes go and nothing of keys: it covers the grants that are delivered by
// redirect, and none where there are no such. A client of binding loose needs a
// person's. One that a review gave is bound to what was seen then.
func (s Standing) covers(in Input, shape metadata.Shape, domain bool) (a Acceptance, byShape, ok bool) {
	v := in.Verdict
	client, _ := v.Client()
	var p presented // once it is asked for
	for _, a := range s.Acceptances {
		if v.At.Before(a.At) || !v.At.Before(a.Until) {
			continue
		}
		if v.Binding == metadata.BindingLoose && a.By != ByOperator {
			continue
		}
		if a.Bound != nil {
			if p.verdict == nil {
				p = presentedBy(in)
			}
			if !a.Bound.meets(p) {
				continue
			}
		}
		shaped := a.Shape != "" && a.Shape == shape && client.UsesRedirects()
		signed := signedByPublisher(v) && ofLine(a.Line, v)
		switch {
		case a.Publisher.IsZero():
			if shaped {
				return a, true, true
			}
		case domain && a.Publisher == v.Publisher && (signed || shaped):
			return a, !signed, true
		}
	}
	return Acceptance{}, false, false
}

// signedByPublisher reports whether a key that the publisher's domain publishes,
// and that has a past there, or a pinned one, signed the statement.
func signedByPublisher(v *verify.Verdict) bool {
	return statedByPublisher(v) && (v.Passed(verify.CheckPinnedKey) || v.Passed(verify.CheckKeyLine))
}

// statedByPublisher is signedByPublisher for a key that may be new. A signature by
// a key that nothing corroborates proves who wrote nothing.
func statedByPublisher(v *verify.Verdict) bool {
	if coverage, _ := v.Finding(verify.CheckCoverage); coverage.Reason == metadata.ReasonMemberNotStated || !v.Passed(verify.CheckSignature) {
		return false // what the document adds to the statement, nobody signed
	}
	return v.Passed(verify.CheckPinnedKey) || v.Passed(verify.CheckDNSKey) && v.Passed(verify.CheckDNSStrength) || v.Passed(verify.CheckWellknownKey)
}

// ofLine reports whether what was given to keys of a publisher is also the one's
// that signed: it is pinned, or of a line with one of them. What was given when
// no key was known is the first line's.
func ofLine(given []string, v *verify.Verdict) bool {
	line := v.Line()
	if v.Passed(verify.CheckPinnedKey) || len(given) == 0 && line.First {
		return true
	}
	return slices.ContainsFunc(line.Keys, func(key string) bool { return slices.Contains(given, key) })
}
