package config_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

const referenceFile = "../../docs/configuration.md"

// TestReference holds docs/configuration.md and the struct together: what is
// between the two marks is written from the struct, the rest by hand.
func TestReference(t *testing.T) {
	const begin, end = "<!-- settings -->\n", "<!-- end of settings -->\n"
	page, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %q and %q", referenceFile, begin, end)
	}
	want := before + begin + "\n" + reference(t) + "\n" + end + after
	if *update {
		if err := os.WriteFile(referenceFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Error("docs/configuration.md is not what the struct says: go test ./internal/config -run TestReference -update")
	}
}

// The example of the page is read as it stands.
func TestExampleInReference(t *testing.T) {
	page, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no example: has its form changed?")
	}
	s := load(t, nil, map[string][]string{"config": {inFile(t, example)}})
	if s.Issuer == "" || len(s.Resolvers) != 2 || s.Resolvers[0].Operator == s.Resolvers[1].Operator {
		t.Errorf("read as %+v", s.Config)
	}
}

// So is that of protected names.
func TestExampleOfProtectedNames(t *testing.T) {
	page, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## Protected names\n")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no example: has its form changed?")
	}
	if names, err := config.LoadProtectedNames(inFile(t, example)); err != nil || len(names) != 2 {
		t.Errorf("read as %+v, %v", names, err)
	}
}

// So is that for a service which other machines reach.
func TestExampleInOperations(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "# For other machines\n")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page has no example: has its form changed?")
	}
	s := load(t, nil, map[string][]string{"config": {inFile(t, example)}})
	if s.Listen != "0.0.0.0:8640" || s.PublicURL == "" || len(s.TrustedProxies) != 1 {
		t.Errorf("read as %+v", s.Config)
	}
}

// Every key has a sentence, a unit, a default or what none means, and says
// whether a reload takes it.
func TestEveryKeyIsDocumented(t *testing.T) {
	var keys []string
	for _, f := range documented(t) {
		keys = append(keys, f.key)
		if !strings.HasSuffix(f.doc, ".") || f.tag.Get("unit") == "" {
			t.Errorf("%s has the comment %q and the unit %q", f.key, f.doc, f.tag.Get("unit"))
		}
		element := strings.Contains(f.key, "[]")
		if _, value := f.tag.Lookup("default"); value == (f.tag.Get("unset") != "") && !slices.Contains([]string{"resolvers[].address", "webhooks[].url", "webhooks[].secret_file"}, f.key) {
			t.Errorf("%s has a default and says what none means, or has neither", f.key)
		}
		if reload := f.tag.Get("reload"); !element && reload != "yes" && reload != "no" {
			t.Errorf("%s says %q of a reload", f.key, reload)
		}
	}
	for _, of := range config.Documented() {
		if !slices.Contains(keys, of.Key) {
			t.Errorf("%s is not in the reference", of.Key)
		}
	}
}

// reference writes the part of the page that the struct says.
func reference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, f := range documented(t) {
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n", f.key, wrap(f.doc, 120))
		fmt.Fprintf(&b, "- value: %s\n", f.tag.Get("unit"))
		if value, ok := f.tag.Lookup("default"); ok {
			fmt.Fprintf(&b, "- default: `%s`\n", value)
		} else if unset := f.tag.Get("unset"); unset != "" {
			fmt.Fprintf(&b, "- without it: %s\n", unset)
		}
		if env := f.tag.Get("env"); env != "" {
			fmt.Fprintf(&b, "- variable: `%s`\n", env)
		}
		if flag := f.tag.Get("flag"); flag != "" {
			fmt.Fprintf(&b, "- flag: `--%s`\n", flag)
		}
		if reload := f.tag.Get("reload"); reload != "" {
			fmt.Fprintf(&b, "- changes at: %s\n", map[string]string{"yes": "a reload", "no": "a restart"}[reload])
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// wrap breaks a paragraph into lines.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			b.WriteString("\n")
			column = 0
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

// A documentedField is a leaf of the struct with its comment.
type documentedField struct {
	key, doc string
	tag      reflect.StructTag
}

// documented returns the leaves of Config in order, those of lists too, from the
// source.
func documented(t *testing.T) []documentedField {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	structs := map[string]*ast.StructType{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
		}
		return true
	})
	return leavesOf(t, structs, structs["Config"], "")
}

func leavesOf(t *testing.T, structs map[string]*ast.StructType, s *ast.StructType, prefix string) (list []documentedField) {
	t.Helper()
	for _, field := range s.Fields.List {
		text, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		tag := reflect.StructTag(text)
		key := prefix + tag.Get("yaml")
		typ, separator := field.Type, "."
		array, isList := typ.(*ast.ArrayType)
		if isList {
			typ, separator = array.Elt, "[]."
		}
		name, _ := typ.(*ast.Ident)
		below := structs[""]
		if name != nil {
			below = structs[name.Name]
		}
		if below == nil || isList {
			list = append(list, documentedField{key, strings.Join(strings.Fields(field.Doc.Text()), " "), tag})
		}
		if below != nil {
			list = append(list, leavesOf(t, structs, below, key+separator)...)
		}
	}
	return list
}
