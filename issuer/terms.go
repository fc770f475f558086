package issuer

// Terms are what a policy gives a tier, for who reads the policy. Times are
// seconds.
type Terms struct {
	Tier                Tier             `json:"tier"`
	Classes             []Class          `json:"classes"`
	Sensitive           bool             `json:"sensitive_reads"`
	Scopes              []string         `json:"scopes,omitempty"`    // none is any
	Redirects           []string         `json:"redirects,omitempty"` // none is any
	AccessTokenTTL      int              `json:"access_token_ttl"`
	RefreshToken        Refresh          `json:"refresh_token"`
	SessionTTL          int              `json:"session_ttl"`
	ReauthenticateAfter int              `json:"reauthenticate_after"`
	Consent             Consent          `json:"consent"`
	SenderConstraint    SenderConstraint `json:"sender_constraint,omitempty"`
	Override            string           `json:"override,omitempty"`

	// Radius has one element for each class, the least harmful first.
	Radius []BlastRadius `json:"blast_radius"`
}

// Terms returns what the policy gives each of its tiers, from the least trusted to
// the most.
func (p *Policy) Terms() []Terms {
	list := make([]Terms, len(p.rules))
	for i, r := range p.rules {
		g := r.grant
		list[i] = Terms{Tier: r.tier, Classes: g.Classes, Sensitive: g.Sensitive, Redirects: g.Redirects, AccessTokenTTL: g.AccessTokenTTL,
			RefreshToken: g.RefreshToken, SessionTTL: g.SessionTTL, ReauthenticateAfter: g.ReauthenticateAfter, Consent: g.Consent,
			SenderConstraint: g.SenderConstraint.orEmpty(), Override: g.Override, Radius: p.radii(r)}
		for _, pattern := range g.Scopes {
			list[i].Scopes = append(list[i].Scopes, string(pattern))
		}
	}
	return list
}
