package issuer

import "slices"

// A BlastRadius is what one client of a tier can do with the tools of one class
// between being trusted and being cut off:
//
//	tools of the class × calls that its budget allows × time to contain
//
// The budget is of the class, so that Calls are those of all its tools together,
// and times Tools is how many things there are to look at afterwards: which calls,
// of which tools. It is for comparing tiers and policies.
type BlastRadius struct {
	Class  Class  `json:"class"`
	Tools  *int   `json:"tools"` // of all declared resources; nil where the policy declares none
	Budget Budget `json:"budget"`

	Held      Containment `json:"held"`      // somebody says stop: until the last access token ends
	Unnoticed Containment `json:"unnoticed"` // nobody does: until the session ends
}

// A Containment is what is possible within the time that it takes to cut a client
// off.
type Containment struct {
	Seconds int  `json:"seconds"`
	Calls   int  `json:"calls"`
	Radius  *int `json:"radius"` // Tools × Calls; nil where the policy declares no resource
}

// radii returns the blast radius of each class that a tier has.
func (p *Policy) radii(r rule) []BlastRadius {
	list := []BlastRadius{}
	tools := p.reachableTools(r.tier)
	for _, class := range slices.Sorted(slices.Values(r.grant.Classes)) {
		b := BlastRadius{Class: class, Budget: r.grant.budgets.Of(class)}
		if tools != nil {
			n := tools[class]
			b.Tools = &n
		}
		b.Held, b.Unnoticed = b.within(r.grant.AccessTokenTTL), b.within(r.grant.SessionTTL)
		list = append(list, b)
	}
	return list
}

// within is what the budget allows in some seconds. A minute or a day that has
// begun is counted whole.
func (b BlastRadius) within(seconds int) Containment {
	const minute, day = 60, 24 * 60 * 60
	begun := func(unit int) int { return (seconds + unit - 1) / unit }
	c := Containment{Seconds: seconds, Calls: min(b.Budget.Minute*begun(minute), b.Budget.Day*begun(day))}
	if b.Tools != nil {
		radius := *b.Tools * c.Calls
		c.Radius = &radius
	}
	return c
}

// reachableTools counts by class the tools that a tier can be granted, a scope
// without tools as one. Nil where the policy declares no resource.
func (p *Policy) reachableTools(t Tier) map[Class]int {
	if p.vocabularies.all == nil {
		return nil
	}
	count := map[Class]int{}
	for _, r := range p.resources {
		v := p.vocabularies.of(r.ID)
		scopes := v.supported(nil, false, p.ceilingOf(t))
		for _, name := range v.tools(scopes) {
			count[r.Tools[name].Class]++
		}
		for _, scope := range scopes {
			if !slices.ContainsFunc(v.behind[scope], func(u use) bool { return u.tool != "" }) && len(r.Scopes[scope].Includes) == 0 {
				count[r.Scopes[scope].Class]++
			}
		}
	}
	return count
}
