package condition_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/condition"
)

var vocabulary = condition.NewVocabulary(
	condition.Family{Function: "passed", Words: []string{"form", "coverage", "delivery"}},
	condition.Family{Function: "bound", Words: []string{"web", "key"}})

func facts(words ...string) (f condition.Facts) {
	for _, w := range words {
		f |= vocabulary.Fact("passed", w) | vocabulary.Fact("bound", w)
	}
	return f
}

func compile(t *testing.T, text string) *condition.Condition {
	t.Helper()
	c, err := vocabulary.Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func TestHolds(t *testing.T) {
	acme := condition.Claims{Publisher: "acme.example", ClientName: "Acme", RedirectHosts: []string{"acme.example", "eu.acme.example"},
		RedirectClasses: []string{"https"}, GrantTypes: []string{"authorization_code"}, AuthMethod: "private_key_jwt"}
	for _, test := range []struct {
		text   string
		facts  condition.Facts
		claims condition.Claims
		want   bool
	}{
		{"true", 0, acme, true},
		{"false", vocabulary.All(), acme, false},
		{`passed("form")`, facts("form"), acme, true},
		{`passed("form")`, facts("coverage"), acme, false},
		{`passed("form") && (passed("coverage") || passed("delivery"))`, facts("form", "delivery"), acme, true},
		{`passed("form") && (passed("coverage") || passed("delivery"))`, facts("coverage", "delivery"), acme, false},
		{`bound("key") || confidential`, 0, acme, true},
		{`client_name == "Acme" && !("delete" in grant_types)`, 0, acme, true},
		{`redirect_classes.all(c, c == "https")`, 0, acme, true},
		{`size(redirect_hosts) == 2 ? confidential : false`, 0, acme, true},

		// What is not claimed meets nothing.
		{`client_name != "Acme"`, 0, condition.Claims{}, false},
		{`redirect_classes.all(c, c == "https")`, 0, condition.Claims{}, false},
		{`scopes == []`, 0, acme, false},
		{`!confidential`, 0, condition.Claims{AuthMethod: "none"}, false},
		{`auth_method == "none"`, 0, condition.Claims{AuthMethod: "none"}, false},
		{`auth_method == "private_key_jwt"`, 0, acme, true},
		{`software_id != "x" || passed("form")`, facts("form"), acme, true},

		{`at(publisher, "acme.example")`, 0, acme, true},
		{`P4 below(publisher, "acme.example")`, 0, acme, false},
		{`P4 within(publisher, "acme.example")`, 0, acme, true},
		{`P4 redirect_hosts.all(h, within(h, "acme.example"))`, 0, acme, true},
		{`P4 redirect_hosts.exists(h, below(h, "acme.example"))`, 0, acme, true},
		{`P4 within(publisher, "me.example")`, 0, acme, false},
		{`P4 below(publisher, "me.example")`, 0, acme, false},
		{`P4 within(publisher, "acme.example")`, 0, condition.Claims{Publisher: "evilacme.example"}, false},
		{`P4 within(publisher, "acme.example")`, 0, condition.Claims{Publisher: "a.acme.example.evil"}, false},
		{`P4 within(publisher, "acme.example")`, 0, condition.Claims{}, false},
		{`P4 within(publisher, "xn--bcher-kva.example")`, 0, condition.Claims{Publisher: "xn--bcher-kva.example"}, true},
	} {
		t.Run(test.text, func(t *testing.T) {
			got, err := compile(t, strings.TrimPrefix(test.text, "P4 ")).Holds(test.facts, &test.claims)
			if got != test.want || err != nil {
				t.Errorf("%t, %v", got, err)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	const alone = "stands alone or under && and ||"
	for name, test := range map[string]struct {
		text, want   string
		line, column int
	}{
		"P9 not":            {`!passed("form")`, alone, 1, 8},
		"P9 not deep":       {`confidential || !(confidential && passed("form"))`, alone, 1, 41},
		"P9 equals":         {`passed("form") == false`, alone, 1, 7},
		"P9 not equal":      {`confidential && passed("form") != true`, alone, 1, 23},
		"P9 ternary":        {"confidential &&\n  (passed(\"form\") ? false : true)", alone, 2, 10},
		"P9 ternary result": {`confidential ? passed("form") : true`, alone, 1, 22},
		"P9 macro":          {`scopes.all(s, passed("form"))`, alone, 1, 21},
		"P9 list":           {`passed("form") in [false]`, alone, 1, 7},
		"P9 argument":       {`size([passed("form")]) == 1`, alone, 1, 13},
		"P9 bound":          {`!bound("web")`, alone, 1, 7},

		"P2 no such check":     {`passed("shape")`, "it is one of form, coverage, delivery", 1, 7},
		"P2 word not in quote": {`passed(client_name)`, "takes a word in quotes", 1, 7},
		"P2 no boolean":        {`client_name`, "neither", 1, 1},
		"P2 types":             {`confidential == "yes"`, "no matching overload", 1, 14},
		"P2 no variable":       {`tier == "signed"`, "undeclared reference to 'tier'", 1, 1},
		"P2 syntax":            {`passed("form"`, "Syntax error", 1, 14},
		"empty":                {` `, "say what must hold", 1, 1},
		"long":                 {strings.Repeat(" ", 5000) + "true", "longer than", 1, 1},
		"deep":                 {strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100), "recursion", 1, 1},

		"P4 regular expression": {`client_name.matches("a.*")`, "no regular expressions", 1, 20},
		"P4 end of text":        {`client_name.endsWith("e.com")`, "below(host", 1, 21},
		"P4 middle of text":     {`client_id.contains("e.com")`, "startsWith", 1, 19},
		"P4 host as text":       {`publisher == "acme.example"`, "compared by at(", 1, 11},
		"P4 host in list":       {`publisher in ["acme.example"]`, "compared by at(", 1, 11},
		"P4 star":               {`within(publisher, "*.acme.example")`, `write below(…, "acme.example")`, 1, 7},
		"P4 case":               {`at(publisher, "Acme.Example")`, `write "acme.example"`, 1, 3},
		"P4 trailing dot":       {`at(publisher, "acme.example.")`, `write "acme.example"`, 1, 3},
		"P4 IDN":                {`at(publisher, "bücher.example")`, `write "xn--bcher-kva.example"`, 1, 3},
		"P4 no domain":          {`at(publisher, "acme example")`, "is no domain", 1, 3},
		"P4 empty domain":       {`within(publisher, "")`, "is no domain", 1, 7},
		"P4 in a macro":         {`redirect_hosts.all(h, below(h, "Acme.example"))`, `write "acme.example"`, 1, 28},
		"P4 domain of a claim":  {`within(publisher, client_name)`, "a text in quotes", 1, 7},

		"P11 clock":    {`timestamp("2038-01-19T03:14:08Z") > timestamp("1970-01-01T00:00:00Z")`, "no clock", 1, 10},
		"P11 duration": {`duration("1h") > duration("1s")`, "undeclared reference", 1, 9},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := vocabulary.Compile(test.text)
			var at *condition.Error
			if !errors.As(err, &at) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q", err, test.want)
			}
			if at.Line != test.line || at.Column != test.column {
				t.Errorf("at %d:%d, want %d:%d: %v", at.Line, at.Column, test.line, test.column, err)
			}
		})
	}
	t.Run("P5 a fact where something is refused", func(t *testing.T) {
		if _, err := vocabulary.CompileClaims(`passed("form") && confidential`); err == nil || !strings.Contains(err.Error(), "must not lift it") {
			t.Error(err)
		}
	})
}

// What fails is not met where it would let in, and met where it refuses.
func TestP2ConditionThatFails(t *testing.T) {
	for name, text := range map[string]string{
		"index": `grant_types[7] == "x"`,
		"cost":  `scopes.exists(a, scopes.exists(b, scopes.exists(c, a + b + c == "x")))`,
	} {
		t.Run(name, func(t *testing.T) {
			claims := condition.Claims{GrantTypes: []string{"x"}, Scopes: strings.Fields(strings.Repeat("y ", 200))}
			if holds, err := compile(t, text).Holds(0, &claims); holds || err == nil {
				t.Errorf("holds %t, %v", holds, err)
			}
			if holds, err := compile(t, text+` || passed("form")`).Holds(facts("form"), &claims); !holds || err == nil {
				t.Errorf("by another road: holds %t, %v", holds, err)
			}
			if holds, err := compile(t, `passed("form") && `+text+` || passed("coverage")`).Holds(facts("form", "coverage"), &claims); !holds || err == nil {
				t.Errorf("P9 a fact more, and it holds %t, %v", holds, err)
			}
			c, err := vocabulary.CompileClaims(text)
			if err != nil {
				t.Fatal(err)
			}
			if refuses, err := c.Refuses(&claims); !refuses || err == nil {
				t.Errorf("refuses %t, %v", refuses, err)
			}
		})
	}
}

func TestCanHold(t *testing.T) {
	c := compile(t, `passed("form") && confidential || passed("coverage") && 1 == 1`)
	for _, test := range []struct {
		fact string
		want bool
	}{{"form", true}, {"coverage", true}, {"delivery", false}, {"", false}} {
		if c.CanHold(facts(test.fact)) != test.want {
			t.Errorf("%q: %t", test.fact, !test.want)
		}
	}
	if compile(t, `passed("form") && 1 == 2`).CanHold(vocabulary.All()) {
		t.Error("what is false can hold")
	}
	if !compile(t, "1 == 1").Constant() || compile(t, "confidential").Constant() || compile(t, `passed("form") || true`).Constant() {
		t.Error("constant")
	}
}

func TestImplies(t *testing.T) {
	for _, test := range []struct {
		one, other string
		anyway     condition.Facts
		want       bool
	}{
		{`passed("form") && confidential`, `passed("form")`, 0, true},
		{`passed("form")`, `passed("form") && confidential`, 0, false},
		{`passed("form")`, `passed("form") && bound("web")`, 0, false},
		{`passed("form")`, `passed("form") && bound("web")`, facts("web"), true},
		{`client_name=="a" && passed("form")`, `client_name == "a"`, 0, true},
		{`client_name == "a"`, `client_name == "b"`, 0, false},
		{`confidential`, `true`, 0, true},
	} {
		if got := compile(t, test.one).Implies(compile(t, test.other), test.anyway); got != test.want {
			t.Errorf("%s implies %s: %t", test.one, test.other, got)
		}
	}
}
