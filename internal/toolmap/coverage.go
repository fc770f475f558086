package toolmap

import (
	"cmp"
	"maps"
	"slices"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A Covered scope has tools behind it.
type Covered struct {
	Scope     string   `json:"scope"`
	Resource  string   `json:"resource,omitempty"` // empty where no resource knows it
	Read      int      `json:"read"`
	Modify    int      `json:"modify"`
	Delete    int      `json:"delete"`
	Admin     int      `json:"admin"`
	Sensitive int      `json:"sensitive"` // of all of these
	Guessed   int      `json:"guessed"`
	Spans     []string `json:"spans,omitempty"` // its classes, where it has several

	// Unannounced says that the authorization server does not announce it.
	Unannounced bool `json:"unannounced,omitempty"`
}

// A Coverage says which tools the scopes of an authorization server let through.
type Coverage struct {
	Scopes []Covered `json:"scopes"` // by resource and name

	// Unscoped are the tools in no scope, as "resource tool": granted to nobody.
	Unscoped []string `json:"unscoped"`
}

// Spanning returns the scopes that have tools of several classes: whoever gets
// one for the least of them gets the worst.
func (c Coverage) Spanning() []Covered {
	return slices.DeleteFunc(slices.Clone(c.Scopes), func(s Covered) bool { return len(s.Spans) == 0 })
}

// Cover counts the tools behind each scope of the resources, those of included
// scopes too. announced are the scopes of the authorization server; those that no
// resource knows have no tool. Nil where they are not known.
func Cover(resources []issuer.Resource, announced []string) Coverage {
	c := Coverage{Scopes: []Covered{}, Unscoped: []string{}}
	known := map[string]bool{}
	for _, r := range resources {
		hierarchy := r.Hierarchy()
		for _, scope := range r.ScopeNames() {
			known[scope] = true
			covered := cover(r, hierarchy, scope)
			covered.Unannounced = announced != nil && !slices.Contains(announced, scope)
			c.Scopes = append(c.Scopes, covered)
		}
		for _, name := range slices.Sorted(maps.Keys(r.Tools)) {
			if r.Tools[name].Scope == "" {
				c.Unscoped = append(c.Unscoped, r.ID+" "+name)
			}
		}
	}
	for _, scope := range announced {
		if !known[scope] {
			known[scope] = true
			c.Scopes = append(c.Scopes, Covered{Scope: scope})
		}
	}
	slices.SortFunc(c.Scopes, func(a, b Covered) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Scope, b.Scope))
	})
	return c
}

// cover counts the tools behind one scope.
func cover(r issuer.Resource, hierarchy metadata.Hierarchy, scope string) Covered {
	c := Covered{Scope: scope, Resource: r.ID}
	classes := map[issuer.Class]*int{issuer.ClassRead: &c.Read, issuer.ClassModify: &c.Modify, issuer.ClassDelete: &c.Delete, issuer.ClassAdmin: &c.Admin}
	for _, tool := range r.Tools {
		if !hierarchy.Includes(scope, tool.Scope) {
			continue
		}
		*classes[tool.Class]++
		if tool.Sensitive {
			c.Sensitive++
		}
		if tool.Guessed {
			c.Guessed++
		}
	}
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		if *classes[class] > 0 {
			c.Spans = append(c.Spans, class.String())
		}
	}
	if len(c.Spans) < 2 {
		c.Spans = nil
	}
	return c
}
