package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An event is what a call logs, or what the page says of it.
type event struct {
	levels     []string // empty where the call takes a variable
	attributes []string // of a call: those that are written in it
	line       string
}

// TestEveryLogEventIsDocumented holds the table of docs/observability.md and the
// calls in the packages of the service together.
func TestEveryLogEventIsDocumented(t *testing.T) {
	documented := documentedEvents(t)
	logged, attributes := loggedEvents(t)
	if len(logged) < 20 {
		t.Fatalf("only %d events found: has the form of the calls changed?", len(logged))
	}
	for name, calls := range logged {
		page, ok := documented[name]
		if !ok {
			t.Errorf("%s: the event %q has no line in docs/observability.md", calls[0].line, name)
			continue
		}
		for _, call := range calls {
			for _, level := range call.levels {
				if !slices.Contains(page.levels, level) {
					t.Errorf("%s: the event %q has level %s, and the page says %v", call.line, name, level, page.levels)
				}
			}
			if len(call.levels) == 0 && len(page.levels) < 2 {
				t.Errorf("%s: the event %q has more than one level, and the page says %v", call.line, name, page.levels)
			}
			for _, a := range call.attributes {
				if !slices.Contains(page.attributes, a) {
					t.Errorf("%s: the event %q has the attribute %q, and the page does not say so", call.line, name, a)
				}
			}
		}
	}
	told := map[string]bool{}
	for name, page := range documented {
		if logged[name] == nil {
			t.Errorf("the page has the event %q, and nothing logs it", name)
		}
		for _, a := range page.attributes {
			told[a] = true
			if !attributes[a] {
				t.Errorf("the page has the attribute %q of %q, and nothing logs it", a, name)
			}
		}
	}
	for a := range attributes {
		if !told[a] && a != "detail" && a != "server" { // those of the group unavailable
			t.Errorf("the attribute %q has no line in docs/observability.md", a)
		}
	}
}

// documentedEvents reads the table of events.
func documentedEvents(t *testing.T) map[string]event {
	t.Helper()
	_, section, _ := strings.Cut(read(t, "observability.md"), "\n## The log\n")
	events := map[string]event{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([A-Z, ]+) \\|([^|]*)\\|").FindAllStringSubmatch(section, -1) {
		e := event{levels: strings.Split(row[2], ", ")}
		for _, a := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[3], -1) {
			e.attributes = append(e.attributes, a[1])
		}
		if _, twice := events[row[1]]; twice {
			t.Errorf("the page has the event %q twice", row[1])
		}
		events[row[1]] = e
	}
	return events
}

// loggedEvents returns the events that the packages of the service log, by name,
// and every attribute that they make.
func loggedEvents(t *testing.T) (events map[string][]event, attributes map[string]bool) {
	t.Helper()
	events, attributes = map[string][]event{}, map[string]bool{}
	for _, dir := range []string{"cmd/countersign", "internal/httpapi", "internal/store/badgerstore", "internal/access", "internal/metrics", "internal/webhook", "issuer", "verify"} {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			tree, err := parser.ParseFile(fset, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if key, ok := attributeOf(call); ok {
					attributes[key] = true
				}
				if name, e, ok := eventOf(call); ok {
					e.line = fset.Position(call.Pos()).String()
					events[name] = append(events[name], e)
					for _, a := range e.attributes {
						attributes[a] = true
					}
				}
				return true
			})
		}
	}
	return events, attributes
}

// eventOf reads a call of a method of slog.Logger with a text for a name.
func eventOf(call *ast.CallExpr) (name string, e event, ok bool) {
	method, isMethod := call.Fun.(*ast.SelectorExpr)
	if !isMethod {
		return "", e, false
	}
	args := call.Args
	switch method.Sel.Name {
	case "LogAttrs":
		if len(args) < 3 {
			return "", e, false
		}
		if level, isConst := args[1].(*ast.SelectorExpr); isConst {
			e.levels = []string{strings.ToUpper(strings.TrimPrefix(level.Sel.Name, "Level"))}
		}
		args = args[2:]
	case "Debug", "Info", "Warn", "Error":
		e.levels = []string{strings.ToUpper(method.Sel.Name)}
	default:
		return "", e, false
	}
	if len(args) == 0 {
		return "", e, false
	}
	if name, ok = text(args[0]); !ok {
		return "", e, false
	}
	for i := 1; i < len(args); i++ {
		if key, isText := text(args[i]); isText { // "key", value
			e.attributes = append(e.attributes, key)
			i++
			continue
		}
		ast.Inspect(args[i], func(n ast.Node) bool {
			if attr, isCall := n.(*ast.CallExpr); isCall {
				if key, isAttr := attributeOf(attr); isAttr {
					e.attributes = append(e.attributes, key)
				}
			}
			return true
		})
	}
	return name, e, true
}

// attributeOf reads the key of slog.String("key", value) and its like.
func attributeOf(call *ast.CallExpr) (key string, ok bool) {
	f, isMethod := call.Fun.(*ast.SelectorExpr)
	if !isMethod || len(call.Args) < 2 {
		return "", false
	}
	if pkg, isName := f.X.(*ast.Ident); !isName || pkg.Name != "slog" {
		return "", false
	}
	return text(call.Args[0])
}

// text returns the value of a literal string.
func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
