package issuer

import (
	"fmt"
	"maps"
	"slices"

	"github.com/fc28f635/countersign/metadata"
)

// A use is one thing that a scope allows: a tool, or with no name what a
// [ScopeRule] says of itself.
type use struct {
	tool string
	Tool
}

// A vocabulary is what is declared of the scopes of one resource, or of all
// together. A nil vocabulary is of a policy that declares none: scopes are then
// judged by how they are named.
type vocabulary struct {
	hierarchy metadata.Hierarchy
	behind    map[string][]use // all that a scope allows, its parts' included
	one       bool             // it is of one resource, so that tools have one meaning
	foreign   bool             // it is of a resource that is not declared, and empty
}

// vocabularyOf returns what the resources say together.
func vocabularyOf(resources ...Resource) *vocabulary {
	includes, own := map[string][]string{}, map[string][]use{}
	for _, r := range resources {
		for scope, rule := range r.Scopes {
			includes[scope] = append(includes[scope], rule.Includes...)
			own[scope] = append(own[scope], use{Tool: Tool{Class: rule.Class, Sensitive: rule.Sensitive}})
		}
		for _, name := range slices.Sorted(maps.Keys(r.Tools)) {
			if scope := r.Tools[name].Scope; scope != "" {
				own[scope] = append(own[scope], use{name, r.Tools[name]})
			}
		}
	}
	v := &vocabulary{hierarchy: metadata.NewHierarchy(includes), behind: map[string][]use{}, one: len(resources) == 1, foreign: len(resources) == 0}
	for scope := range own {
		v.behind[scope] = own[scope]
		for _, part := range v.hierarchy.Parts(scope) {
			if part != scope {
				v.behind[scope] = slices.Concat(v.behind[scope], own[part])
			}
		}
	}
	return v
}

// vocabularies are what a policy declares.
type vocabularies struct {
	byResource map[string]*vocabulary // by sameResource
	ids        map[string]string      // as declared
	all        *vocabulary            // nil where nothing is declared
}

func newVocabularies(resources []Resource) vocabularies {
	if len(resources) == 0 {
		return vocabularies{}
	}
	vs := vocabularies{byResource: map[string]*vocabulary{}, ids: map[string]string{}, all: vocabularyOf(resources...)}
	for _, r := range resources {
		vs.byResource[sameResource(r.ID)], vs.ids[sameResource(r.ID)] = vocabularyOf(r), r.ID
	}
	return vs
}

// of returns the vocabulary of the resource that a request names, and of all
// where it names none.
func (vs vocabularies) of(resource string) *vocabulary {
	if resource == "" || vs.all == nil {
		return vs.all
	}
	if v, ok := vs.byResource[sameResource(resource)]; ok {
		return v
	}
	return vocabularyOf()
}

// resource returns the identifier of the resource that a request is about: the
// one that it names, as it is declared, or the only one that there is.
func (vs vocabularies) resource(named string) string {
	if named == "" {
		if len(vs.ids) == 1 {
			for _, id := range vs.ids {
				return id
			}
		}
		return ""
	}
	if id, ok := vs.ids[sameResource(named)]; ok {
		return id
	}
	return bounded(named, longestResource)
}

// warnings say which scopes are worth more at one resource than at another: a
// client that names the other is judged by what they mean there.
func (vs vocabularies) warnings() (list []string) {
	ids := slices.Sorted(maps.Keys(vs.byResource))
	told := map[string]bool{}
	for _, one := range ids {
		for _, other := range ids {
			for _, scope := range slices.Sorted(maps.Keys(vs.byResource[one].behind)) {
				less, more := vs.byResource[one], vs.byResource[other]
				if told[scope] || !more.knows(scope) || less.class(scope) >= more.class(scope) {
					continue
				}
				told[scope] = true
				list = append(list, fmt.Sprintf("scope %.100q is %s at %.100s and %s at %.100s: an authorization server that binds no token to its resource (RFC 8707) gives the one for the other. Give them names of their own",
					scope, less.class(scope), vs.ids[one], more.class(scope), vs.ids[other]))
			}
		}
	}
	return list
}

// longestResource bounds a resource identifier that is repeated, in bytes.
const longestResource = 512

// scopeHierarchy is how asked and stated scopes meet under the policy.
func (p *Policy) scopeHierarchy(resource string) metadata.Hierarchy {
	if v := p.vocabularies.of(resource); v != nil {
		return v.hierarchy
	}
	return metadata.Hierarchy{}
}

// A ceiling is what a tier gives of scopes.
type ceiling struct {
	tier      Tier
	classes   []Class
	sensitive bool
	refresh   bool
	listed    func(scope string) bool // by the policy, for the tier
}

func (p *Policy) ceilingOf(t Tier) ceiling {
	g := p.grantOf(t)
	return ceiling{t, g.Classes, g.Sensitive, g.RefreshToken == RefreshRotate, g.allows}
}

// cut says why a scope is beyond a ceiling, and nothing where it is not.
func (v *vocabulary) cut(scope string, c ceiling) Cut {
	switch {
	case scope == scopeOpenID:
		return ""
	case scope == scopeOfflineAccess && c.refresh:
		return ""
	case scope == scopeOfflineAccess:
		return CutRefresh
	}
	if why := v.harm(scope, c); why != "" || c.listed == nil || c.listed(scope) {
		return why
	}
	return CutNotListed
}

// harm says what a scope allows beyond a ceiling, and nothing where it is within.
func (v *vocabulary) harm(scope string, c ceiling) Cut {
	switch {
	case v == nil:
		return c.cut(use{Tool: Tool{Class: ClassOf(scope), Sensitive: Sensitive(scope)}})
	case v.foreign:
		return CutResource
	case len(v.behind[scope]) == 0:
		return CutUndeclared
	}
	why := Cut("")
	for _, u := range v.behind[scope] {
		if one := c.cut(u); one != "" && (why == "" || slices.Index(cuts, one) < slices.Index(cuts, why)) {
			why = one
		}
	}
	return why
}

// cut says why one thing is beyond a ceiling.
func (c ceiling) cut(u use) Cut {
	switch {
	case u.Was != nil:
		return CutUnreviewed
	case !slices.Contains(c.classes, u.Class):
		return CutClass
	case u.Sensitive && !c.sensitive:
		return CutSensitive
	case u.Guessed && c.tier < TierAccepted:
		return CutGuessed
	}
	return ""
}

// class is the most harmful class behind a scope.
func (v *vocabulary) class(scope string) (worst Class) {
	if v == nil {
		return ClassOf(scope)
	}
	for _, u := range v.behind[scope] {
		worst = max(worst, u.Class)
	}
	return worst
}

// narrow returns what is left of a scope under a ceiling: itself, or those of
// its parts that are allowed.
func (v *vocabulary) narrow(scope string, c ceiling) []string {
	allowed := func(s string) bool { return v.cut(s, c) == "" }
	if v == nil {
		return metadata.Hierarchy{}.Narrow(scope, allowed)
	}
	return v.hierarchy.Narrow(scope, allowed)
}

// supported returns the scopes that stepping up can earn, sorted: what is granted
// with all its parts, or where nothing was asked for whatever the ceiling allows.
// Nil where nothing is declared.
func (v *vocabulary) supported(granted []string, asked bool, c ceiling) []string {
	if v == nil {
		return nil
	}
	list := []string{}
	if !asked {
		for scope := range v.behind {
			if v.cut(scope, c) == "" {
				list = append(list, scope)
			}
		}
	}
	for _, scope := range granted {
		if len(v.behind[scope]) > 0 {
			list = append(append(list, scope), v.hierarchy.Parts(scope)...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// tools returns the names of the tools behind scopes, sorted. Nil where nothing
// is declared, or several resources are and none is named.
func (v *vocabulary) tools(scopes []string) []string {
	if v == nil || !v.one && !v.foreign {
		return nil
	}
	names := []string{}
	for _, scope := range scopes {
		for _, u := range v.behind[scope] {
			if u.tool != "" {
				names = append(names, u.tool)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
