package toolmap

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
)

func TestCover(t *testing.T) {
	r := issuer.Resource{ID: "https://s.example", Scopes: map[string]issuer.ScopeRule{"all": {Includes: []string{"read", "all"}}, "bare": {}},
		Tools: map[string]issuer.Tool{
			"list": {Scope: "read"}, "mail": {Scope: "read", Sensitive: true, Guessed: true},
			"drop": {Scope: "all", Class: issuer.ClassDelete}, "left": {Class: issuer.ClassAdmin}}}
	want := Coverage{
		Scopes: []Covered{
			{Scope: "elsewhere"},
			{Scope: "all", Resource: r.ID, Read: 2, Delete: 1, Sensitive: 1, Guessed: 1, Spans: []string{"read", "delete"}},
			{Scope: "bare", Resource: r.ID, Unannounced: true},
			{Scope: "read", Resource: r.ID, Read: 2, Sensitive: 1, Guessed: 1},
		},
		Unscoped: []string{"https://s.example left"},
	}
	got := Cover([]issuer.Resource{r}, []string{"all", "elsewhere", "read"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if spanning := got.Spanning(); len(spanning) != 1 || spanning[0].Scope != "all" {
		t.Errorf("%+v", spanning)
	}
	for _, scope := range Cover([]issuer.Resource{r}, nil).Scopes {
		if scope.Unannounced {
			t.Errorf("%s is not announced, and nobody asked", scope.Scope)
		}
	}
}
