package issuer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/metadata"
)

// checkResources returns what is wrong with declared resources, and where.
func checkResources(doc *strictyaml.Document, resources []Resource) error {
	seen := map[string]bool{}
	for i, r := range resources {
		at := fmt.Sprintf("resources[%d]", i)
		switch same := sameResource(r.ID); {
		case CheckResource(r.ID) != nil:
			return doc.Fault(at+".resource", fmt.Errorf("%.100q: %w", r.ID, CheckResource(r.ID)))
		case seen[same]:
			return doc.Fault(at+".resource", fmt.Errorf("%.100q is declared twice: put all its scopes and tools in one place", r.ID))
		default:
			seen[same] = true
		}
		if err := checkMode(doc, at, r.Mode); err != nil {
			return err
		}
		if err := r.check(doc, at); err != nil {
			return err
		}
	}
	return nil
}

// check returns what is wrong with the scopes and tools of a resource.
func (r Resource) check(doc *strictyaml.Document, at string) error {
	if len(r.Scopes)+len(r.Tools) == 0 {
		return doc.Fault(at, fmt.Errorf("%.100q has neither tools nor scopes: nothing of it could be granted", r.ID))
	}
	known := r.known()
	for _, name := range slices.Sorted(maps.Keys(r.Tools)) {
		place, tool := at+".tools."+quoteKey(name), r.Tools[name]
		if err := CheckToolName(name); err != nil {
			return doc.Fault(place, err)
		}
		switch {
		case tool.Scope == "":
		case checkDeclaredScope(tool.Scope) != nil:
			return doc.Fault(place+".scope", checkDeclaredScope(tool.Scope))
		case !doc.Has(place + ".class"):
			return doc.Fault(place, fmt.Errorf("tool %.100q has no class: say read, modify, delete or admin", name))
		}
		if tool.Was != nil && *tool.Was >= tool.Class {
			return doc.Fault(place+".was", fmt.Errorf("tool %.100q was %s and is %s, which is no more harmful: take was away", name, *tool.Was, tool.Class))
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(r.Scopes)) {
		place, rule := at+".scopes."+quoteKey(scope), r.Scopes[scope]
		if err := checkDeclaredScope(scope); err != nil {
			return doc.Fault(place, err)
		}
		if j := repeated(rule.Includes); j >= 0 {
			return doc.Fault(fmt.Sprintf("%s.includes[%d]", place, j), fmt.Errorf("%.100q is there twice", rule.Includes[j]))
		}
		for j, part := range rule.Includes {
			if !known[part] {
				return doc.Fault(fmt.Sprintf("%s.includes[%d]", place, j), fmt.Errorf("scope %.100q includes %.100q, which is behind no tool and under no scopes", scope, part))
			}
		}
		if len(rule.Includes) == 0 && !r.hasTool(scope) && !doc.Has(place+".class") {
			return doc.Fault(place, fmt.Errorf("scope %.100q has no tool and includes none: give it a class", scope))
		}
	}
	hierarchy := r.Hierarchy()
	for _, scope := range slices.Sorted(maps.Keys(r.Scopes)) {
		if hierarchy.Circular(scope) {
			return doc.Fault(at+".scopes."+quoteKey(scope)+".includes", fmt.Errorf("scope %.100q includes itself, by way of others or not", scope))
		}
	}
	return nil
}

// ScopeNames returns the scopes that the resource knows, sorted: those behind which
// it has a tool, and those that it says something of.
func (r Resource) ScopeNames() []string { return slices.Sorted(maps.Keys(r.known())) }

func (r Resource) known() map[string]bool {
	known := map[string]bool{}
	for scope := range r.Scopes {
		known[scope] = true
	}
	for _, tool := range r.Tools {
		known[tool.Scope] = true
	}
	delete(known, "")
	return known
}

func (r Resource) hasTool(scope string) bool {
	for _, tool := range r.Tools {
		if tool.Scope == scope {
			return true
		}
	}
	return false
}

// Hierarchy returns which of the resource's scopes include others.
func (r Resource) Hierarchy() metadata.Hierarchy {
	includes := map[string][]string{}
	for scope, rule := range r.Scopes {
		includes[scope] = rule.Includes
	}
	return metadata.NewHierarchy(includes)
}

// checkDeclaredScope reports why a policy cannot declare a scope.
func checkDeclaredScope(scope string) error {
	switch {
	case !metadata.IsScopeToken(scope):
		return fmt.Errorf("%.100q is no scope token (RFC 6749, Section 3.3): visible ASCII without quote and backslash", scope)
	case scope == scopeOpenID, scope == scopeOfflineAccess:
		return fmt.Errorf("%q has rules of its own: take it away", scope)
	case strings.Contains(scope, "*") && strings.Trim(scope, "*:./_-") == "":
		return fmt.Errorf("%.100q is a wildcard and nothing else: write out the scopes that are meant", scope)
	}
	return nil
}

// CheckToolName returns an error unless a tool of an MCP server can have the name: 1
// to 128 letters, digits, "_", "-", "." and "/" (MCP 2025-11-25, Tool Names).
func CheckToolName(name string) error {
	if name == "" || len(name) > limits.ToolNameBytes || strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-./", c)
	}) {
		return fmt.Errorf("%.100q is no tool name: 1 to %d letters, digits, and _ - . /", name, limits.ToolNameBytes)
	}
	return nil
}

// checkMode reports that a mode is missing, at the thing that has none.
func checkMode(doc *strictyaml.Document, at string, m Mode) error {
	switch m {
	case ModeEnforce, ModeObserve:
		return nil
	case "":
		return doc.Fault(at, errors.New("mode is missing: say enforce or observe; there is no default"))
	}
	return doc.Fault(at+".mode", fmt.Errorf("mode is %.100q, neither enforce nor observe", string(m)))
}

// quoteKey writes a key as a step of a path.
func quoteKey(key string) string { return "'" + strings.ReplaceAll(key, "'", `\'`) + "'" }
