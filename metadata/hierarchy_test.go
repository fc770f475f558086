package metadata_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestHierarchy(t *testing.T) {
	h := metadata.NewHierarchy(map[string][]string{
		"all": {"most", "delete"}, "most": {"read", "write"}, "write": {"list"}, "read": {"list", "get"},
		"loop": {"pool"}, "pool": {"loop", "read"}, "self": {"self"},
	})
	for scope, want := range map[string]string{"all": "delete get list most read write", "most": "get list read write", "list": "", "other": "", "loop": "get list loop pool read", "self": "self"} {
		if got := strings.Join(h.Parts(scope), " "); got != want {
			t.Errorf("%s has %q, want %q", scope, got, want)
		}
		if circular := scope == "loop" || scope == "self"; h.Circular(scope) != circular {
			t.Errorf("%s is circular: %t", scope, !circular)
		}
		if !h.Includes(scope, scope) || h.Includes(scope, "nothing") || h.Includes("list", scope) && scope != "list" {
			t.Errorf("%s includes the wrong scopes", scope)
		}
	}
	for _, c := range []struct{ scope, allowed, want string }{
		{"all", "all delete", "all"}, {"all", "most read write list get", "most"}, {"all", "read list get delete", "delete read"},
		{"all", "list get", "get list"}, {"all", "", ""}, {"list", "get", ""}, {"other", "other", "other"}, {"read", "all", ""},
	} {
		allowed := strings.Fields(c.allowed)
		got := strings.Join(h.Narrow(c.scope, func(s string) bool { return slices.Contains(allowed, s) }), " ")
		if got != c.want {
			t.Errorf("O8: of %s %q is left where %q is allowed, want %q", c.scope, got, c.allowed, c.want)
		}
	}
	var flat metadata.Hierarchy
	if !flat.Includes("a", "a") || flat.Includes("a", "b") || flat.Parts("a") != nil || flat.Circular("a") {
		t.Error("the zero hierarchy is not flat")
	}
}

// What is asked for and what is stated meet in the hierarchy, in both directions.
func TestMergeWith(t *testing.T) {
	h := metadata.NewHierarchy(map[string][]string{"all": {"read", "write"}})
	for name, c := range map[string]struct{ asked, stated, want string }{
		"O8 stated is greater":     {"read", "all", "read"},
		"O8 asked for is greater":  {"all", "read", "read"},
		"O8 parts are no whole":    {"all", "read write", "read write"},
		"O8 both":                  {"all read", "all", "all read"},
		"O8 parts of two":          {"all read", "read", "read"},
		"O8 nothing in common":     {"write", "read", "scope_empty scope"},
		"O8 nothing asked for":     {"", "all", "all"},
		"O8 another word entirely": {"read admin", "all", "read"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := metadata.MergeWith(metadata.Client{Scope: c.asked}, metadata.Client{Scope: c.stated}, metadata.RoadRegistration, h)
			got := m.Client.Scope
			if err != nil {
				got = strings.Join(defects(t, err), " ")
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if narrowed := slices.Contains(m.Overridden, "scope"); err == nil && narrowed != (c.asked != "" && c.asked != c.want) {
				t.Errorf("listed as overridden: %t", narrowed)
			}
		})
	}
}
