package toolmap

import (
	"maps"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/issuer"
)

// A Kind says how a tool changed.
type Kind string

// How a tool changed.
const (
	Appeared Kind = "appeared" // it is granted to nobody until the policy names it
	Vanished Kind = "vanished"
	Changed  Kind = "changed"
)

// A Change is one tool of which a policy and its server say different things.
type Change struct {
	Name   string
	Kind   Kind
	Before issuer.Tool // as the policy has it; zero where it appeared
	After  Tool        // as it is proposed now; zero where it vanished
}

// Worse reports whether a tool became more harmful than the policy says.
func (c Change) Worse() bool { return c.Kind == Changed && c.After.Class > c.Before.Class }

// Compare returns what changed in the tools of a resource since its policy was
// written, by name. server begins the scopes of tools that need another one. Of a
// tool that nobody has reviewed every difference is a change. Of the others it is
// what the server itself says is worse: a person's word stands against a guess,
// and may be stricter than the server's.
func Compare(declared issuer.Resource, server string, tools []Announced) []Change {
	now := map[string]Tool{}
	for _, tool := range Propose(server, tools, false) {
		now[tool.Name] = tool
	}
	scopes := scopesOf(declared)
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(declared.Tools)) {
		before := declared.Tools[name]
		after, there := now[name]
		switch {
		case !there:
			changes = append(changes, Change{Name: name, Kind: Vanished, Before: before})
		case differs(before, after):
			changes = append(changes, Change{name, Changed, before, scopes.stay(before, after)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, there := declared.Tools[name]; !there {
			changes = append(changes, Change{Name: name, Kind: Appeared, After: scopes.place(now[name])})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Name, b.Name) })
	return changes
}

// differs reports whether a tool is no longer what the policy says of it.
func differs(before issuer.Tool, after Tool) bool {
	if before.Guessed {
		return before.Class != after.Class || before.Sensitive != after.Sensitive || !after.Guessed
	}
	return after.decided && after.Class > before.Class
}

// placed are the scopes of a resource, each with the tools that are mapped to it.
type placed map[string][]issuer.Tool

func scopesOf(r issuer.Resource) placed {
	p := placed{}
	for _, tool := range r.Tools {
		p[tool.Scope] = append(p[tool.Scope], tool)
	}
	return p
}

// stay returns a tool that changed, for the policy. It stays in its scope, by
// which the server still lets it be called. What a person said of it stays too,
// and where it became worse it says what it was: nobody is granted it, nor its
// scope, until a person removes that.
func (p placed) stay(before issuer.Tool, after Tool) Tool {
	if !before.Guessed {
		after.Sensitive, after.Guessed, after.Why = before.Sensitive, false, nil
	}
	if after.Class > before.Class {
		after.Was = &before.Class
		if before.Was != nil {
			after.Was = before.Was
		}
	}
	fits := p.place(after)
	if before.Scope == "" {
		return fits
	}
	after.Scope = before.Scope
	if ofItsOwn := strings.HasSuffix(before.Scope, "."+after.Name); !ofItsOwn && fits.Scope != before.Scope {
		after.Why = append(after.Why, "move it to "+fits.Scope+", at the server too")
	}
	return after
}

// place gives a tool the scope that has most tools like it, or the proposed one
// where there is none.
func (p placed) place(tool Tool) Tool {
	most := 0
	for _, scope := range slices.Sorted(maps.Keys(p)) {
		if scope != "" && p.alike(scope, tool) && len(p[scope]) > most {
			tool.Scope, most = scope, len(p[scope])
		}
	}
	return tool
}

// alike reports whether a scope has tools, and all of them of the class of tool;
// of reads those that may leak have another.
func (p placed) alike(scope string, tool Tool) bool {
	return !slices.ContainsFunc(p[scope], func(other issuer.Tool) bool {
		return other.Class != tool.Class || tool.Class == issuer.ClassRead && other.Sensitive != tool.Sensitive
	})
}

// ServerOf returns what begins the scopes of a resource, where they all begin
// alike, and nothing where they do not.
func ServerOf(r issuer.Resource) string {
	server := ""
	for _, tool := range r.Tools {
		begins, _, ok := strings.Cut(tool.Scope, ".")
		if tool.Scope != "" && (!ok || server != "" && begins != server) {
			return ""
		}
		if tool.Scope != "" {
			server = begins
		}
	}
	return server
}
