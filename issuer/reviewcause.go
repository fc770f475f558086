package issuer

import (
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// ask returns the question that the decision on an input raises, nil where there
// is none. Nothing is asked about a client that a person accepted or allowed, or
// that is refused for anything but what an acceptance would earn.
func (p *Policy) ask(in Input, got reached, d Decision) *Review {
	if len(p.review.When) == 0 || got.note != nil || got.allowed || d.Outcome != Approved && d.Reason != metadata.ReasonScopeEmpty {
		return nil
	}
	v := in.Verdict
	client, _ := v.Client()
	scopes := earnedByAcceptance(d.Grant.ScopesCut)
	why := slices.DeleteFunc(ReviewCauses(), func(c ReviewCause) bool {
		return !slices.Contains(p.review.When, c) || !c.holds(v, client, scopes)
	})
	if len(why) == 0 {
		return nil
	}
	presented := presentedBy(in)
	if presented.metadata == "" {
		return nil
	}
	r := &Review{State: ReviewPending, At: v.At, Why: why, Shape: v.Shape(), Name: bounded(client.ClientName, longestShown),
		ClientID: bounded(in.ClientID, longestClientID), Codes: codesGo(client), Scopes: scopes, Tier: got.tier, Binding: v.Binding,
		AuthorizationServer: in.AuthorizationServer, Bound: presented.bound()}
	if got.proven {
		r.Publisher = v.Publisher
	}
	if r.Signed = got.proven && signedByPublisher(v); r.Signed {
		r.Line = v.Line().Keys
	}
	if f, found := v.Finding(verify.CheckDisplayName); found && f.Reason == metadata.ReasonNameResemblesProtected {
		r.Resembles = bounded(f.Detail, longestShown)
	}
	hosted := in.ClientID != "" && v.Passed(verify.CheckMetadataDocument) && v.Passed(verify.CheckCoverage)
	r.Vouched = got.proven && (hosted || r.Signed && v.Binding != metadata.BindingLoose)
	r.identify(in, presented)
	return r
}

// identify gives the review its id. What a stranger can vary of a client that is
// not his makes another client of it, with a question of its own: so that he ends
// no question that is pending. Checks that could not be made vary nothing.
func (r *Review) identify(in Input, p presented) {
	client, presents := []string{p.registration}, "signed"
	switch {
	case r.Signed && r.Binding != metadata.BindingLoose:
		client = []string{r.Publisher.String()}
	case !r.Signed:
		client = append(client, r.Binding.String())
		for _, c := range checksWith(p.verdict, verify.Failed) {
			client = append(client, string(c))
		}
		if presents = p.metadata; in.ClientID == "" {
			client, presents = append(client, p.metadata), ""
		}
	}
	r.ID = reviewID(strings.Join(client, "\n"), presents)
	r.Bound.Review = r.ID
}

// earnedByAcceptance returns the scopes that were cut and that an acceptance
// earns, the first few.
func earnedByAcceptance(cuts []ScopeCut) []string {
	const most = 16
	scopes := []string{}
	for _, cut := range cuts {
		if cut.Earn >= TierAccepted && len(scopes) < most {
			scopes = append(scopes, bounded(cut.Scope, longestShown))
		}
	}
	return scopes
}

// holds reports whether a cause holds for a client, of which scopes were cut.
func (c ReviewCause) holds(v *verify.Verdict, client metadata.Client, scopes []string) bool {
	switch c {
	case CauseAccess:
		return true
	case CauseBeyondReads:
		return len(scopes) > 0
	case CauseLookalike:
		return slices.ContainsFunc(v.Findings, func(f verify.Finding) bool { return f.Reason == metadata.ReasonNameResemblesProtected })
	case CausePrivateScheme:
		return slices.ContainsFunc(client.RedirectURIs, func(uri string) bool { return unknownScheme(uri, v.Publisher) })
	case CauseUncoveredKey:
		return client.AuthenticatesByKey() && v.Binding != metadata.BindingKey
	}
	return false
}

// unknownScheme reports whether a redirect URI is of a private-use scheme that is
// not the publisher's, and not exactly that of a client in the catalog.
func unknownScheme(uri string, p metadata.Publisher) bool {
	r, err := metadata.ParseRedirectURI(uri)
	if err != nil || r.Class() != metadata.RedirectPrivate {
		return false
	}
	if _, known := trustroots.Starter().PrivateUse(r); known {
		return false
	}
	return len(metadata.ForeignSchemes(metadata.Client{RedirectURIs: []string{uri}}, metadata.Coverage{Publisher: p}, "")) > 0
}
