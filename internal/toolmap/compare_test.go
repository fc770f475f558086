package toolmap

import (
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

func TestCompare(t *testing.T) {
	read, modify := issuer.ClassRead, issuer.ClassModify
	for _, test := range []struct {
		name   string
		before issuer.Tool
		now    Announced
		want   string // the line; empty where nothing changed
	}{
		{"the same", issuer.Tool{Scope: "s.read", Class: read}, Announced{ReadOnly: true}, ""},
		{"turned destructive", issuer.Tool{Scope: "s.read", Class: read}, Announced{Destructive: &yes}, `x: {scope: s.read, class: delete, was: read} # move it to s.delete, at the server too`},
		{"turned destructive, in a scope of its own", issuer.Tool{Scope: "s.x", Class: modify}, Announced{Destructive: &yes}, `x: {scope: s.x, class: delete, was: modify}`},
		{"in no scope", issuer.Tool{Class: read}, Announced{Destructive: &yes}, `x: {scope: s.delete, class: delete, was: read}`},
		{"worse than when it was seen last", issuer.Tool{Scope: "s.x", Class: modify, Was: &read}, Announced{Destructive: &yes}, `x: {scope: s.x, class: delete, was: read}`},
		{"waits for a person, no worse", issuer.Tool{Scope: "s.x", Class: modify, Was: &read}, Announced{Destructive: &no}, ""},
		{"looked at, and the server says nothing", issuer.Tool{Scope: "s.read", Class: read}, Announced{}, ""},
		{"looked at, and its description is suspicious", issuer.Tool{Scope: "s.read", Class: read}, Announced{ReadOnly: true, Description: "a secret"}, ""},
		{"stricter than the server", issuer.Tool{Scope: "s.delete", Class: issuer.ClassDelete}, Announced{ReadOnly: true}, ""},
		{"sensitive by a person's word", issuer.Tool{Scope: "s.x", Class: read, Sensitive: true}, Announced{Destructive: &no}, `x: {scope: s.x, class: modify, sensitive: true, was: read}`},
		{"a guess that is the same", issuer.Tool{Scope: "s.delete", Class: issuer.ClassDelete, Guessed: true}, Announced{}, ""},
		{"a guess that the server settles", issuer.Tool{Scope: "s.delete", Class: issuer.ClassDelete, Guessed: true}, Announced{ReadOnly: true}, `x: {scope: s.delete, class: read} # move it to s.read, at the server too`},
		{"a guess that became worse", issuer.Tool{Scope: "s.read", Class: read, Sensitive: true, Guessed: true}, Announced{}, `x: {scope: s.read, class: delete, guessed: true, was: read} # no annotation decides; move it to s.delete, at the server too`},
	} {
		t.Run(test.name, func(t *testing.T) {
			declared := issuer.Resource{ID: "https://s.example", Tools: map[string]issuer.Tool{"x": test.before,
				"r": {Scope: "s.read", Class: read}}}
			now := test.now
			now.Name = "x"
			changes := Compare(declared, "s", []Announced{now, {Name: "r", ReadOnly: true}})
			if len(changes) == 0 && test.want == "" {
				return
			}
			if len(changes) != 1 || changes[0].Kind != Changed || changes[0].After.Line() != test.want {
				t.Errorf("%+v", changes)
			}
		})
	}
}

func TestCompareLists(t *testing.T) {
	declared := issuer.Resource{Tools: map[string]issuer.Tool{
		"gone": {Scope: "docs:read"}, "kept": {Scope: "docs:read"}, "other": {Scope: "docs:all"}, "worst": {Scope: "docs:all", Class: issuer.ClassDelete}}}
	changes := Compare(declared, "s", []Announced{{Name: "kept", ReadOnly: true}, {Name: "other", ReadOnly: true}, {Name: "worst", Destructive: &yes},
		{Name: "a", ReadOnly: true}, {Name: "z", Destructive: &no}})
	if len(changes) != 3 || changes[0].Kind != Appeared || changes[1].Kind != Vanished || changes[2].Kind != Appeared {
		t.Fatalf("%+v", changes)
	}
	if got := changes[0].After.Scope; got != "docs:read" {
		t.Errorf("a tool like those of docs:read is proposed for %s", got)
	}
	if got := changes[2].After.Scope; got != "s.write" {
		t.Errorf("a tool like no other is proposed for %s", got)
	}
}

func TestServerOf(t *testing.T) {
	for want, scopes := range map[string][]string{"s": {"s.read", "s.write", ""}, "": {"s.read", "t.read"}} {
		r := issuer.Resource{Tools: map[string]issuer.Tool{}}
		for _, scope := range scopes {
			r.Tools["of "+scope] = issuer.Tool{Scope: scope}
		}
		if got := ServerOf(r); got != want {
			t.Errorf("%v: %q", scopes, got)
		}
	}
}
