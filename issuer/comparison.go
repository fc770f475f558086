package issuer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// A Comparison replays recorded decisions through two policies, and keeps what the
// second changes. Begin it with [Compare]. It is not safe for concurrent use.
type Comparison struct {
	Old, New *Policy

	// Decisions is how many were replayed: those that are the same under both, rise
	// or fall in tier, and else gain or lose something. What is approved by one
	// policy only rises or falls.
	Decisions, Same, Rises, Falls, Gains, Loses int

	// DryRuns are left out. NotReplayable are records that lack what one of the
	// policies would judge.
	DryRuns, NotReplayable int

	groups map[group]*SoftwareChange
}

// A SoftwareChange is what a policy changes for one software of one publisher.
type SoftwareChange struct {
	// Publisher is the one that the client claims to be of; zero where it claims
	// none. ClientName is what it calls itself.
	Publisher  metadata.Publisher `json:"publisher,omitzero"`
	ClientName string             `json:"client_name"`

	Rises int `json:"rises"`
	Falls int `json:"falls"`
	Gains int `json:"gains"`
	Loses int `json:"loses"`

	// Lost and Gained say what, the most frequent first.
	Lost   []Difference `json:"lost,omitempty"`
	Gained []Difference `json:"gained,omitempty"`

	// Example is the id of the first decision of them.
	Example string `json:"example"`

	lost, gained map[string]int
}

// A Difference is one thing that decisions lose or gain, and how many do.
type Difference struct {
	What      string `json:"what"` // such as "scope files:write", "refresh tokens", "tier signed -> domain"
	Decisions int    `json:"decisions"`
}

type group struct {
	publisher metadata.Publisher
	name      string
}

// groupsMost bounds how many a comparison tells apart: names are strangers'. What
// comes after them is one group without a name.
const groupsMost = 10_000

// Compare begins a comparison.
func Compare(before, after *Policy) *Comparison {
	return &Comparison{Old: before, New: after, groups: map[group]*SoftwareChange{}}
}

// Add replays a recorded decision.
func (c *Comparison) Add(d Decision) {
	if d.DryRun {
		c.DryRuns++
		return
	}
	before, err := c.Old.Replay(d)
	if err != nil {
		c.NotReplayable++
		return
	}
	after, err := c.New.Replay(d)
	if err != nil {
		c.NotReplayable++
		return
	}
	c.Decisions++
	lost, gained := differences(before, after), differences(after, before)
	rank := cmp.Compare(ranked(after), ranked(before))
	if after.Outcome == before.Outcome && (after.Mode == ModeObserve || before.Mode == ModeObserve) {
		rank = 0 // where nothing is enforced the tier gives nothing
	}
	if rank == 0 && len(lost) == 0 && len(gained) == 0 {
		c.Same++
		return
	}
	g := c.group(d)
	switch {
	case rank > 0:
		c.Rises++
		g.Rises++
	case rank < 0:
		c.Falls++
		g.Falls++
	case len(lost) > 0:
		c.Loses++
		g.Loses++
	default:
		c.Gains++
		g.Gains++
	}
	if rank != 0 {
		moved := fmt.Sprintf("%s -> %s", reachedBy(before), reachedBy(after))
		if rank < 0 {
			lost = append(lost, moved)
		} else {
			gained = append(gained, moved)
		}
	}
	for _, what := range lost {
		g.lost[what]++
	}
	for _, what := range gained {
		g.gained[what]++
	}
}

func (c *Comparison) group(d Decision) *SoftwareChange {
	of := group{d.Asked.Publisher, d.Asked.ClientName}
	if of.name == "" {
		of.name = bounded(d.Client.ClientName, longestShown)
	}
	g := c.groups[of]
	if g == nil && len(c.groups) >= groupsMost {
		of = group{}
		g = c.groups[of]
	}
	if g == nil {
		g = &SoftwareChange{Publisher: of.publisher, ClientName: of.name, Example: d.ID, lost: map[string]int{}, gained: map[string]int{}}
		c.groups[of] = g
	}
	return g
}

// Changes returns what changes for whom, those that fall or lose most first.
func (c *Comparison) Changes() []SoftwareChange {
	list := []SoftwareChange{}
	for _, g := range c.groups {
		g.Lost, g.Gained = countedDifferences(g.lost), countedDifferences(g.gained)
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b SoftwareChange) int {
		return cmp.Or(cmp.Compare(b.Falls+b.Loses, a.Falls+a.Loses), cmp.Compare(b.Rises+b.Gains, a.Rises+a.Gains),
			cmp.Compare(a.Publisher.Domain(), b.Publisher.Domain()), cmp.Compare(a.ClientName, b.ClientName))
	})
	return list
}

func countedDifferences(of map[string]int) []Difference {
	list := []Difference{}
	for _, what := range slices.Sorted(maps.Keys(of)) {
		list = append(list, Difference{what, of[what]})
	}
	slices.SortStableFunc(list, func(a, b Difference) int { return cmp.Compare(b.Decisions, a.Decisions) })
	return list
}

// ranked orders decisions by how far a client comes.
func ranked(d Decision) int {
	if d.Outcome != Approved {
		return 0
	}
	return 1 + int(d.Tier)
}

// reachedBy names how far a client comes by a decision.
func reachedBy(d Decision) string {
	if d.Outcome == Approved {
		return "tier " + d.Tier.String()
	}
	return string(d.Outcome) + " (" + string(d.Reason) + ")"
}

// differences names what the first decision permits and the second does not. Of a
// decision that is not approved there is nothing to name.
func differences(has, lacks Decision) (list []string) {
	if has.Outcome != Approved || lacks.Outcome != Approved {
		return nil
	}
	g, other := has.Grant, lacks.Grant
	granted := strings.Fields(other.Scope)
	for _, scope := range strings.Fields(g.Scope) {
		if !slices.Contains(granted, scope) {
			list = append(list, "scope "+scope)
		}
	}
	for _, grantType := range has.Client.GrantTypes {
		if !slices.Contains(lacks.Client.GrantTypes, grantType) {
			list = append(list, "grant type "+grantType)
		}
	}
	for _, uri := range has.Client.RedirectURIs {
		if !slices.Contains(lacks.Client.RedirectURIs, uri) {
			list = append(list, "redirect URI "+uri)
		}
	}
	add := func(more bool, what string, args ...any) {
		if more {
			list = append(list, fmt.Sprintf(what, args...))
		}
	}
	if has.Mode == ModeObserve || lacks.Mode == ModeObserve { // its server says the rest
		add(lacks.Mode != ModeObserve, "no limits: it is only observed")
		return list
	}
	for _, class := range g.Classes {
		add(!slices.Contains(other.Classes, class), "class %s", class)
	}
	for _, tool := range g.Tools {
		add(!slices.Contains(other.Tools, tool), "tool %s", tool)
	}
	for _, class := range g.Classes {
		has, lacks := g.Budgets.Of(class), other.Budgets.Of(class)
		add(slices.Contains(other.Classes, class) && (has.Minute > lacks.Minute || has.Day > lacks.Day),
			"%s calls %d a minute and %d a day, not %d and %d", class, has.Minute, has.Day, lacks.Minute, lacks.Day)
	}
	add(g.SenderConstraint == "" && other.SenderConstraint != "", "tokens that are bound to no key, not by %s", other.SenderConstraint)
	add(g.Sensitive && !other.Sensitive, "sensitive reads")
	add(g.RefreshToken != RefreshNone && other.RefreshToken == RefreshNone, "refresh tokens")
	add(g.AccessTokenTTL > other.AccessTokenTTL, "access token of %d s, not %d", g.AccessTokenTTL, other.AccessTokenTTL)
	add(g.SessionTTL > other.SessionTTL, "session of %d s, not %d", g.SessionTTL, other.SessionTTL)
	add(other.ReauthenticateAfter > 0 && g.ReauthenticateAfter > other.ReauthenticateAfter, "authentication good for %d s, not %d", g.ReauthenticateAfter, other.ReauthenticateAfter)
	add(g.Consent == ConsentSession && other.Consent == ConsentAlways, "consent once a session")
	return list
}
