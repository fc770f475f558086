package toolmap

import (
	"cmp"
	"slices"

	"github.com/fc28f635/countersign/issuer"
)

// A Scope is one scope of a proposal, with what is behind it.
type Scope struct {
	Name      string
	Server    string
	Resource  string
	Class     issuer.Class // the worst
	Sensitive bool
	Tools     int
}

// Scopes returns the scopes of the proposals, by name.
func Scopes(proposals []Proposal) []Scope {
	byName := map[string]*Scope{}
	for _, p := range proposals {
		for _, tool := range p.Tools {
			s, ok := byName[tool.Scope]
			if !ok {
				s = &Scope{Name: tool.Scope, Server: p.Server, Resource: p.Resource}
				byName[tool.Scope] = s
			}
			s.Class, s.Sensitive, s.Tools = max(s.Class, tool.Class), s.Sensitive || tool.Sensitive, s.Tools+1
		}
	}
	scopes := make([]Scope, 0, len(byName))
	for _, s := range byName {
		scopes = append(scopes, *s)
	}
	slices.SortFunc(scopes, func(a, b Scope) int { return cmp.Compare(a.Name, b.Name) })
	return scopes
}

// names returns the names of scopes.
func names(scopes []Scope) []string {
	list := make([]string, 0, len(scopes))
	for _, s := range scopes {
		list = append(list, s.Name)
	}
	return list
}

// consent is what a person is asked for a scope: what its worst tool can do.
func (s Scope) consent() string {
	does := map[issuer.Class]string{
		issuer.ClassRead: "Read", issuer.ClassModify: "Change", issuer.ClassDelete: "Delete", issuer.ClassAdmin: "Administer",
	}[s.Class]
	what := " in " + s.Server
	if s.Class == issuer.ClassRead && s.Sensitive {
		what = " what may be personal or secret" + what
	}
	return does + what
}
