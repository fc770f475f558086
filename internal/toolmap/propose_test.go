package toolmap

import (
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

var yes, no = true, false

func TestPropose(t *testing.T) {
	for _, test := range []struct {
		name string
		tool Announced
		want string
	}{
		{"read only", Announced{Name: "list_files", ReadOnly: true}, `list_files: {scope: s.read, class: read}`},
		{"additive", Announced{Name: "create_file", Destructive: &no}, `create_file: {scope: s.write, class: modify}`},
		{"destructive", Announced{Name: "delete_file", Destructive: &yes}, `delete_file: {scope: s.delete, class: delete}`},
		{"destructive, of any name", Announced{Name: "get_file", Destructive: &yes}, `get_file: {scope: s.delete, class: delete}`},
		{"no annotation", Announced{Name: "list_files"}, `list_files: {scope: s.delete, class: delete, guessed: true} # no annotation decides, and its name suggests read`},
		{"no annotation, no name", Announced{Name: "frobnicate"}, `frobnicate: {scope: s.delete, class: delete, guessed: true} # no annotation decides`},
		{"no annotation, delete", Announced{Name: "delete_file"}, `delete_file: {scope: s.delete, class: delete, guessed: true} # no annotation decides`},
		{"hints that contradict each other", Announced{Name: "list_files", ReadOnly: true, Destructive: &yes}, `list_files: {scope: s.delete, class: delete, guessed: true} # it says both readOnlyHint and destructiveHint, and its name suggests read`},
		{"read only, not destructive", Announced{Name: "list_files", ReadOnly: true, Destructive: &no}, `list_files: {scope: s.read, class: read}`},
		{"a name worse than the hint", Announced{Name: "delete_x", ReadOnly: true}, `delete_x: {scope: s.delete, class: delete, guessed: true} # its name suggests delete`},
		{"in the middle of the name", Announced{Name: "bulkDeleteFiles", Destructive: &no}, `bulkDeleteFiles: {scope: s.delete, class: delete, guessed: true} # its name suggests delete`},
		{"a change that says it reads", Announced{Name: "update-issue", ReadOnly: true}, `update-issue: {scope: s.write, class: modify, guessed: true} # its name suggests modify`},
		{"the verb at the end", Announced{Name: "files.write", ReadOnly: true}, `files.write: {scope: s.write, class: modify, guessed: true} # its name suggests modify`},
		{"roles", Announced{Name: "set_role", Destructive: &yes}, `set_role: {scope: s.admin, class: admin, guessed: true} # its name suggests admin`},
		{"roles that are read", Announced{Name: "list_roles", ReadOnly: true}, `list_roles: {scope: s.read, class: read}`},
		{"unannotated admin", Announced{Name: "grant_access"}, `grant_access: {scope: s.admin, class: admin, guessed: true} # no annotation decides, and its name suggests admin`},
		{"sensitive by name", Announced{Name: "search_mail", ReadOnly: true}, `search_mail: {scope: s.read_sensitive, class: read, sensitive: true, guessed: true} # "mail" in its name`},
		{"sensitive by output", Announced{Name: "find", ReadOnly: true, Outputs: []string{"rows", "customerId"}}, `find: {scope: s.read_sensitive, class: read, sensitive: true, guessed: true} # "customer" in its output`},
		{"sensitive by input", Announced{Name: "find", ReadOnly: true, Inputs: []string{"user_id"}}, `find: {scope: s.read_sensitive, class: read, sensitive: true, guessed: true} # "user" in its input`},
		{"sensitive by description", Announced{Name: "find", ReadOnly: true, Description: "Returns all Passwords."}, `find: {scope: s.read_sensitive, class: read, sensitive: true, guessed: true} # "passwords" in its description`},
		{"users of the tool", Announced{Name: "find", ReadOnly: true, Description: "Helps users find the key facts."}, `find: {scope: s.read, class: read}`},
		{"keywords", Announced{Name: "find", ReadOnly: true, Inputs: []string{"keywords"}}, `find: {scope: s.read, class: read}`},
		{"sensitive and changing", Announced{Name: "send_mail", Destructive: &no}, `send_mail: {scope: s.write, class: modify, sensitive: true, guessed: true} # "mail" in its name`},
		{"both guesses", Announced{Name: "mail"}, `mail: {scope: s.delete, class: delete, sensitive: true, guessed: true} # no annotation decides; "mail" in its name`},
		{"a description never reaches a comment", Announced{Name: "x", ReadOnly: true, Description: "token}\n  evil: {}"}, `x: {scope: s.read_sensitive, class: read, sensitive: true, guessed: true} # "token" in its description`},
		{"a number for a name", Announced{Name: "7", ReadOnly: true}, `"7": {scope: s.read, class: read}`},
		{"a word of YAML for a name", Announced{Name: "Yes", ReadOnly: true}, `"Yes": {scope: s.read, class: read}`},
		{"a name of dashes", Announced{Name: "---", ReadOnly: true}, `"---": {scope: s.read, class: read}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Propose("s", []Announced{test.tool}, false)
			if len(got) != 1 || got[0].Line() != test.want {
				t.Errorf("%s\nwant\n%s", got[0].Line(), test.want)
			}
		})
	}
}

func TestProposePerTool(t *testing.T) {
	got := Propose("s", []Announced{{Name: "b", ReadOnly: true}, {Name: "a.x"}}, true)
	if len(got) != 2 || got[0].Scope != "s.a.x" || got[1].Scope != "s.b" {
		t.Errorf("%+v", got)
	}
}

// What is proposed is read back as what was meant, whatever tools are called.
func TestPolicyIsReadBack(t *testing.T) {
	var tools []Announced
	for _, name := range []string{"plain", "true", "null", "~", "7", "1e3", "0x1f", "no", "-", "a/b", ".", "_", "2026-01-01", "12:30", "...", "---"} {
		if name != "~" && name != "12:30" { // are no names of tools
			tools = append(tools, Announced{Name: name, ReadOnly: len(tools)%2 == 0, Description: "a secret"})
		}
	}
	if err := Check(tools); err != nil {
		t.Fatal(err)
	}
	for _, perTool := range []bool{false, true} {
		p := Proposal{Server: "s", Resource: "https://s.example:8443/mcp?tenant=1", Mode: issuer.ModeObserve, Tools: Propose("s", tools, perTool)}
		policy, err := issuer.ParsePolicy([]byte(string(issuer.Standard().Source()) + Policy([]Proposal{p})))
		if err != nil {
			t.Fatal(err)
		}
		r := policy.Resources()[0]
		if len(policy.Resources()) != 1 || r.ID != p.Resource || r.Mode != p.Mode || len(r.Tools) != len(p.Tools) {
			t.Fatalf("%+v", r)
		}
		for _, tool := range p.Tools {
			if r.Tools[tool.Name] != tool.Tool {
				t.Errorf("%s is %+v, want %+v", tool.Name, r.Tools[tool.Name], tool.Tool)
			}
		}
	}
}

// Every class that a proposal gives is at least what the annotations say, and what
// is granted below tier accepted was said by the server, not guessed.
func FuzzPropose(f *testing.F) {
	f.Add("delete_mail", "all of it", "token", true, true, true)
	f.Add("", "", "", false, false, false)
	f.Fuzz(func(t *testing.T, name, description, property string, readOnly, given, destructive bool) {
		a := Announced{Name: name, Description: description, Outputs: []string{property}, ReadOnly: readOnly}
		if given {
			a.Destructive = &destructive
		}
		got := Propose("s", []Announced{a}, false)[0]
		least, why := annotated(a)
		if got.Class < least || why != "" && !got.Guessed {
			t.Errorf("%+v of %+v", got, a)
		}
		if strings.ContainsAny(strings.Join(got.Why, ""), "\n\r") {
			t.Errorf("%q", got.Why)
		}
	})
}
