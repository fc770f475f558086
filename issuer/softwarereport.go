package issuer

import (
	"cmp"
	"slices"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// A SoftwareReport says how often a software came, and what it would lose if
// everything were enforced: software of one publisher with one shape. Names and
// addresses are claims.
type SoftwareReport struct {
	ClientName string         `json:"client_name"`
	ClientID   string         `json:"client_id,omitempty"`
	Shape      metadata.Shape `json:"shape,omitempty"`

	// Publisher is the one that it claims to be of, zero where it claims none;
	// Proven says that the last decision proved it.
	Publisher metadata.Publisher `json:"publisher,omitzero"`
	Proven    bool               `json:"proven"`

	// Resembles says of a look-alike what it resembles, and how. OwnRedirect says
	// that its codes leave this computer: for an https host, or a scheme that a
	// program claims.
	Resembles   string `json:"resembles,omitempty"`
	OwnRedirect bool   `json:"own_redirect,omitempty"`

	// Codes are where authorization codes go, as in [Software].
	Codes []string `json:"codes"`

	// Tier, Binding and Example are those of the last decision.
	Tier    Tier             `json:"tier"`
	Binding metadata.Binding `json:"binding"`
	Example string           `json:"example"`

	Decisions int       `json:"decisions"`
	Observed  int       `json:"observed"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`

	// Loses are what decisions cut, or would: everything, scopes, tools, refresh
	// tokens; the most frequent first.
	Loses []Difference `json:"loses"`

	// AccessTokenTTL and SessionTTL are the longest lifetimes, in seconds, that the
	// last approved decision leaves it, Refresh its refresh tokens. Zero where none
	// was approved.
	AccessTokenTTL int     `json:"access_token_ttl"`
	SessionTTL     int     `json:"session_ttl"`
	RefreshToken   Refresh `json:"refresh_token,omitempty"`
}

// seen tells software apart.
type seen struct {
	publisher metadata.Publisher
	what      string // the shape, or else the client_id, or else the name
}

// lossesMost bounds how many losses of one software are told apart: scopes are
// strangers'. The rest is one.
const (
	lossesMost = 32
	lossesRest = "something else"
)

// A sighted is a software while it is counted.
type sighted struct {
	SoftwareReport
	losses map[string]int
	vendor metadata.Publisher // that could sign it, zero for nobody
	rises  int                // decisions that would rise, if it did
}

// seen returns the software that a decision is on, nil where there is no room to
// tell it apart.
func (r *Report) seen(d Decision) *sighted {
	shape := cmp.Or(d.Asked.Shape, d.Shape)
	of := seen{d.Asked.Publisher, cmp.Or(string(shape), d.Asked.ClientID, d.Asked.ClientName)}
	in := r.software[0]
	if slices.Contains(d.Flags, metadata.ReasonNameResemblesProtected) || d.finds(metadata.ReasonNameResemblesProtected) {
		in = r.software[1]
	}
	if in[of] == nil && len(in) < groupsMost {
		in[of] = &sighted{losses: map[string]int{}, SoftwareReport: SoftwareReport{
			Publisher: of.publisher, Shape: shape, First: d.At, Codes: []string{}}}
	}
	return in[of]
}

// add counts a decision on the software.
func (s *sighted) add(d Decision, p *Policy) {
	client := d.presented()
	outcome, _, grant := d.enforced()
	s.Decisions++
	if d.Mode == ModeObserve {
		s.Observed++
	}
	s.ClientName, s.ClientID = cmp.Or(d.Asked.ClientName, bounded(client.ClientName, longestShown)), d.Asked.ClientID
	s.Last, s.Example, s.Tier, s.Binding = d.At, d.ID, d.Tier, d.Binding
	s.Proven = !d.Publisher.IsZero() && d.Publisher == s.Publisher
	if codes := codesGo(client); len(codes) > 0 {
		s.Codes = codes
		s.OwnRedirect = slices.ContainsFunc(codes, func(place string) bool { return place != thisComputer })
	}
	for _, f := range d.Findings {
		if f.Reason == metadata.ReasonNameResemblesProtected {
			const longest = 200
			s.Resembles = bounded(f.Detail, longest)
		}
	}
	for _, what := range d.losses(p, client) {
		if _, ok := s.losses[what]; !ok && len(s.losses) >= lossesMost {
			what = lossesRest
		}
		s.losses[what]++
	}
	if outcome == Approved {
		s.AccessTokenTTL, s.SessionTTL, s.RefreshToken = grant.AccessTokenTTL, grant.SessionTTL, grant.RefreshToken
	}
	if outcome == Approved && d.Tier < signedTier(d.Binding) {
		if vendor := d.vendor(client); !vendor.IsZero() {
			s.vendor = vendor
			s.rises++
		}
	}
}

// report returns what was counted.
func (s *sighted) report() SoftwareReport {
	told := s.SoftwareReport
	told.Loses = countedDifferences(s.losses)
	return told
}

// presented is the client as it was when it was decided on: what is enforced is not
// taken from it. Empty where nothing of it could be verified.
func (d Decision) presented() metadata.Client {
	switch {
	case d.Outcome == Approved:
		return d.before()
	case d.Before != nil && d.Before.Client != nil:
		return *d.Before.Client
	}
	return metadata.Client{}
}

// losses names what enforcing the decision takes from a client.
func (d Decision) losses(p *Policy, client metadata.Client) (list []string) {
	outcome, reason, g := d.enforced()
	if outcome != Approved {
		return []string{"everything: " + string(outcome) + " (" + string(reason) + ")"}
	}
	var scopes []string
	for _, cut := range g.ScopesCut {
		scopes = append(scopes, cut.Scope)
		list = append(list, "scope "+bounded(cut.Scope, longestShown))
	}
	if p != nil && g.Tools != nil {
		for _, tool := range p.vocabularies.of(d.Resource).tools(scopes) {
			if !slices.Contains(g.Tools, tool) {
				list = append(list, "tool "+tool)
			}
		}
	}
	if slices.Contains(client.GrantTypes, metadata.GrantRefreshToken) && g.RefreshToken == RefreshNone {
		list = append(list, "refresh tokens")
	}
	return list
}
