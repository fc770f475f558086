package issuer

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// With declared resources scopes are worth the tools behind them, whatever they
// are called.
func TestScopesOfResources(t *testing.T) {
	cut := func(scope string, why Cut, earn Tier, class Class, instead string) ScopeCut {
		return ScopeCut{Scope: scope, Why: why, Earn: earn, Class: class, Instead: instead}
	}
	const mcp, everything = "https://files.example/mcp", "files:everything"
	for name, c := range map[string]struct {
		asked, stated, resource string
		accepted                bool
		want                    string
		cuts                    []ScopeCut
		tools                   string
	}{
		"O8 within the tier": {"files:read files:quota", "", "", false, "files:read files:quota", nil, "list_files read_file"},
		"O8 a greater scope is narrowed to its part": {"files:all", "", mcp, false, "files:read",
			[]ScopeCut{cut("files:all", CutClass, TierAccepted, ClassModify, "files:read")}, "list_files read_file"},
		"O8 the greatest allowed part, not its parts": {everything, "", "", false, "files:read",
			[]ScopeCut{cut(everything, CutClass, TierAccepted, ClassDelete, "files:read")}, "list_files read_file"},
		"O8 a greater scope as it is, where the tier has all of it": {everything, "", "", true, everything, nil, "delete_file list_files read_file write_file"},
		"O8 the scope and its part": {"files:all files:read", "", "", false, "files:read",
			[]ScopeCut{cut("files:all", CutClass, TierAccepted, ClassModify, "files:read")}, "list_files read_file"},
		"O8 stated is the greater one, asked for the part":             {"files:read", everything, "", true, "files:read", nil, "list_files read_file"},
		"O8 asked for is the greater one, stated a part":               {everything, "files:all", "", true, "files:all", []ScopeCut{cut(everything, CutNotStated, 0, 0, "files:all")}, "list_files read_file write_file"},
		"O8 asked for, stated a part, and of that the tier has a part": {everything, "files:all", "", false, "files:read", []ScopeCut{cut("files:all", CutClass, TierAccepted, ClassModify, "files:read"), cut(everything, CutNotStated, 0, 0, "files:read")}, "list_files read_file"},
		"O8 all parts stated is not the whole":                         {"files:all", "files:read files:write", "", true, "files:read files:write", []ScopeCut{cut("files:all", CutNotStated, 0, 0, "files:read files:write")}, "list_files read_file write_file"},
		"O8 not stated":                                                {"files:read files:delete", "files:read", "", true, "files:read", []ScopeCut{cut("files:delete", CutNotStated, 0, 0, "")}, "list_files read_file"},
		"O8 nothing asked for is what is stated":                       {"", "files:all", "", false, "files:read", []ScopeCut{cut("files:all", CutClass, TierAccepted, ClassModify, "files:read")}, "list_files read_file"},
		"O8 a harmless name says nothing":                              {"files:read mail:list", "", "", true, "files:read", []ScopeCut{cut("mail:list", CutUndeclared, 0, 0, "")}, "list_files read_file"},
		"O8 another case is another scope":                             {"files:read FILES:READ", "", "", true, "files:read", []ScopeCut{cut("FILES:READ", CutUndeclared, 0, 0, "")}, "list_files read_file"},
		"O8 a wildcard is a scope that nobody declared":                {"files:read * files:*", "", "", true, "files:read", []ScopeCut{cut("*", CutUndeclared, 0, 0, ""), cut("files:*", CutUndeclared, 0, 0, "")}, "list_files read_file"},
		"sensitive":         {"files:read files:secrets", "", "", false, "files:read", []ScopeCut{cut("files:secrets", CutSensitive, TierAccepted, 0, "")}, "list_files read_file"},
		"guessed":           {"files:read files:search", "", "", false, "files:read", []ScopeCut{cut("files:search", CutGuessed, TierAccepted, 0, "")}, "list_files read_file"},
		"guessed, accepted": {"files:search", "", "", true, "files:search", nil, "search.v2/all"},
		"turned more harmful: nobody until a person looks, not accepted":    {"files:read files:move", "", "", true, "files:read", []ScopeCut{cut("files:move", CutUnreviewed, 0, 0, "")}, "list_files read_file"},
		"openid and offline_access keep their rules":                        {"openid offline_access files:read", "", mcp, false, "openid offline_access files:read", nil, "list_files read_file"},
		"openid alone gives no tool":                                        {"openid", "", mcp, false, "openid", nil, ""},
		"another resource":                                                  {"openid files:read", "", "https://other.example/mcp", true, "openid", []ScopeCut{cut("files:read", CutResource, 0, 0, "")}, ""},
		"nothing asked for and nothing stated: what can be asked for later": {"", "", mcp, false, "", nil, "list_files read_file"},
		"nothing asked for of another resource":                             {"", "", "https://other.example/mcp", true, "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Policy = declaring(t, files) })
			if c.accepted {
				o.accept(t, acceptance(nil))
			}
			statement := stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.Scope = c.stated })
			client := agent(statement)
			client.Scope = c.asked
			d := o.decide(t, Request{Client: &client, Resource: c.resource})
			if d.Outcome != Approved || d.Grant.Scope != c.want || d.Client.Scope != c.want || !slices.Equal(d.Grant.ScopesCut, c.cuts) {
				t.Errorf("%s %s: %q, cut %+v", d.Outcome, d.Reason, d.Grant.Scope, d.Grant.ScopesCut)
			}
			if got := strings.Join(d.Grant.Tools, " "); got != c.tools || d.Grant.Tools == nil {
				t.Errorf("tools %q, want %q", got, c.tools)
			}
			if foreign := c.resource == "https://other.example/mcp"; foreign != (len(d.Grant.Classes) == 0) || d.Resource != cmp.Or(c.resource, mcp) {
				t.Errorf("resource %q, classes %v", d.Resource, d.Grant.Classes)
			}
			for _, cut := range d.Grant.ScopesCut {
				if text := cut.Explain(); !strings.Contains(text, "; ") || strings.Contains(text, string(cut.Why)+";") {
					t.Errorf("%s is explained by %q", cut.Scope, text)
				}
			}
		})
	}
}

// Of several reasons for a cut the first of their list is told, in whatever order
// the tools stand.
func TestTheFirstCutIsTold(t *testing.T) {
	was := ClassRead
	tools := []Tool{{Class: ClassRead, Guessed: true}, {Class: ClassRead, Sensitive: true}, {Class: ClassDelete}, {Class: ClassModify, Was: &was}}
	for n, want := range []Cut{CutGuessed, CutSensitive, CutClass, CutUnreviewed} {
		for _, reversed := range []bool{false, true} {
			v := &vocabulary{behind: map[string][]use{}}
			for _, tool := range tools[:n+1] {
				v.behind["s"] = append(v.behind["s"], use{"tool", tool})
			}
			if reversed {
				slices.Reverse(v.behind["s"])
			}
			if got := v.cut("s", ceiling{tier: TierDomain, classes: []Class{ClassRead}}); got != want {
				t.Errorf("%d tools, reversed %t: %s, want %s", n+1, reversed, got, want)
			}
		}
	}
}

// Two resources may call different things alike: a scope is worth the worse, and
// no tool is named while nobody knows whose.
func TestScopesOfTwoResources(t *testing.T) {
	const two = files + `  - resource: https://mail.example/
    mode: enforce
    tools:
      read_file: {scope: "files:read", class: delete}
      list: {scope: "mail:list", class: read}
`
	for name, c := range map[string]struct{ resource, asked, want, tools string }{
		"none named":       {"", "files:read mail:list", "mail:list", ""},
		"one named":        {"https://files.example/mcp", "files:read mail:list", "files:read", "list_files read_file"},
		"the other":        {"https://mail.example", "files:read mail:list", "mail:list", "list"},
		"with its slash":   {"https://mail.example/", "mail:list", "mail:list", "list"},
		"of both together": {"https://files.example/mcp https://mail.example/", "openid mail:list", "openid", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := agent("")
			client.Scope = c.asked
			d := newOffice(t, secure, nil, func(cfg *Config) { cfg.Policy = declaring(t, two) }).decide(t, Request{Client: &client, Resource: c.resource})
			if d.Grant.Scope != c.want || strings.Join(d.Grant.Tools, " ") != c.tools || (d.Grant.Tools == nil) != (c.resource == "") {
				t.Errorf("%s: %q, tools %v, cut %+v", d.Reason, d.Grant.Scope, d.Grant.Tools, d.Grant.ScopesCut)
			}
		})
	}
}

// The tools are also in what the authorization server is given signed.
func TestToolsAreCountersigned(t *testing.T) {
	o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Policy, cfg.Countersigner = declaring(t, files), countersigner(t) })
	client := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.Scope = "files:all" }))
	client.Scope = "files:all"
	limits, _ := claimsOf(t, o.decide(t, registration(client)).Countersigned)["limits"].(map[string]any)
	tools, _ := limits["tools"].([]any)
	if len(tools) != 2 || tools[0] != "list_files" || tools[1] != "read_file" || limits["resource"] != "https://files.example/mcp" {
		t.Errorf("limits %v", limits)
	}
}

// A client that is told to step up gets what it is told; above its ceiling it is
// told nothing of the kind, so that it does not come again for the same.
func TestStepUpDoesNotLoop(t *testing.T) {
	o := newOffice(t, secure, nil, func(cfg *Config) { cfg.Policy = declaring(t, files) })
	ask := func(scope string) Grant {
		client := agent("")
		client.Scope = scope
		return o.decide(t, Request{Client: &client}).Grant
	}
	for _, asked := range []string{"", "files:all files:quota"} {
		g := ask(asked)
		for _, needed := range []string{"files:read", "files:quota", "files:write", "files:all", "files:everything", "files:delete", "files:secrets", "files:search", "files:move", "files:purge", "openid"} {
			scope, ok := g.Challenge([]string{"files:quota"}, []string{needed})
			earned := strings.Contains(" "+ask(strings.Join(scope, " ")).Scope+" ", " "+needed+" ")
			if ok && !earned {
				t.Errorf("after %q: told to step up for %q, and %v does not earn it", asked, needed, scope)
			}
			if want := needed == "files:read" || needed == "files:quota"; ok != want {
				t.Errorf("after %q: a step-up for %q is %t", asked, needed, ok)
			}
		}
		if scope, ok := g.Challenge([]string{"files:quota"}, []string{"files:read", "files:delete"}); ok || scope != nil {
			t.Errorf("%v for what can be had in part", scope)
		}
		if scope, ok := g.Challenge([]string{"files:quota"}, []string{"files:read"}); !ok || strings.Join(scope, " ") != "files:quota files:read" {
			t.Errorf("%v: what the client has is not asked for again", scope)
		}
	}
	undeclared := newOffice(t, secure, nil, nil)
	for scope, needs := range map[string][2]string{"": {"files:read", "files:write"}, "files:read files:write": {"files:read", "mail:list"}} {
		client := agent("")
		client.Scope = scope
		g := undeclared.decide(t, registration(client)).Grant
		_, has := g.Challenge(nil, []string{needs[0]})
		if _, beyond := g.Challenge(nil, []string{needs[1]}); !has || beyond {
			t.Errorf("after %q without resources: %s %t, %s %t", scope, needs[0], has, needs[1], beyond)
		}
	}
}
