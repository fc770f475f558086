package toolmap

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

func proposal(server string) Proposal {
	return Proposal{Server: server, Resource: "https://" + server + ".example/mcp", Mode: issuer.ModeEnforce,
		Tools: Propose(server, []Announced{{Name: "list", ReadOnly: true}}, false)}
}

func TestAdd(t *testing.T) {
	standard := string(issuer.Standard().Source())
	const a = "  - resource: https://a.example/mcp\n    mode: enforce\n    tools:\n      list: {scope: a.read, class: read}\n"
	b := strings.ReplaceAll(a, "a.", "b.")
	for _, test := range []struct{ name, policy, want string }{
		{"no section", standard, standard + "\nresources:\n" + b},
		{"no newline at the end", strings.TrimRight(standard, "\n"), standard + "\nresources:\n" + b},
		{"a section", standard + "resources: # mine\n" + a, standard + "resources: # mine\n" + a + b},
		{"a comment at the end", standard + "resources:\n" + a + "# all\n", standard + "resources:\n" + a + "# all\n" + b},
		{"another indent", standard + "resources:\n" + unindent(a), standard + "resources:\n" + unindent(a) + unindent(b)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Add([]byte(test.policy), []Proposal{proposal("b")})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("%s", got[len(standard)-20:])
			}
		})
	}
	first, rest, _ := strings.Cut(standard, "tiers:")
	for _, test := range []struct{ name, policy, want string }{
		{"there already", standard + "resources:\n" + b, "the policy has it already"},
		{"not the last section", first + "resources:\n" + a + "tiers:" + rest, "not the last section"},
		{"in flow form", standard + "resources: [{resource: https://a.example/mcp, mode: enforce, tools: {list: {scope: a.read, class: read}}}]\n", "written as a list"},
		{"a policy that is wrong", standard + "resorces:\n" + a, `unknown field "resorces"`},
		{"no policy", "", "reading policy"},
		{"the end is marked", standard + "...\n", "with the resources"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Add([]byte(test.policy), []Proposal{proposal("b")})
			if err == nil || !strings.Contains(err.Error(), test.want) || got != nil {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := Add([]byte(standard+"resources:\n"+b), []Proposal{proposal("b")}); !errors.Is(err, ErrDeclared) {
		t.Error(err)
	}
}

func unindent(s string) string { return strings.ReplaceAll(strings.TrimPrefix(s, "  "), "\n  ", "\n") }

func TestAddAThousandTools(t *testing.T) {
	p := proposal("b")
	var tools []Announced
	for i := range 1000 {
		tools = append(tools, Announced{Name: fmt.Sprintf("list_customers_of_the_month_%d", i), ReadOnly: true})
	}
	p.Tools = Propose("b", tools, false)
	got, err := Add(issuer.Standard().Source(), []Proposal{p})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := issuer.ParsePolicy(got)
	if err != nil || len(policy.Resources()[0].Tools) != len(tools) {
		t.Errorf("%v", err)
	}
}
