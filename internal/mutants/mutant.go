package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
)

// A mutant is one change of one source file.
type mutant struct {
	pkg  string // import path
	file string // absolute path
	line int
	what string // for people
	kind kind

	start, end int    // bytes of the file that are replaced
	text       string // what replaces them
}

// String returns where the mutant is and what it changes.
func (m mutant) String() string {
	return fmt.Sprintf("%s/%s:%d: %s", m.pkg, filepath.Base(m.file), m.line, m.what)
}

// A kind is what sort of change a mutant is.
type kind string

const (
	kindNever   kind = "never"   // a check is removed: its condition never holds
	kindAlways  kind = "always"  // a condition always holds
	kindCompare kind = "compare" // another comparison, or another junction
	kindCompute kind = "compute" // another operator or number
	kindRemove  kind = "remove"  // a statement, a case or an element is gone
	kindFlip    kind = "flip"    // true for false, or a negation is gone
)

// in returns the mutants of one file, in the order of the text.
func in(pkg, file string) ([]mutant, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &finder{pkg: pkg, file: file, source: source, set: set}
	ast.Inspect(tree, f.visit)
	return f.found, nil
}

// A finder collects the mutants of one file.
type finder struct {
	pkg, file string
	source    []byte
	set       *token.FileSet
	found     []mutant
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		return false // paths, tags, array types
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil {
			f.replace(kindNever, n.Cond, "false && ("+f.textOf(n.Cond)+")", "loop never runs")
		}
	case *ast.SwitchStmt:
		f.cases(n)
	case *ast.BinaryExpr:
		f.operator(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.replace(kindFlip, n, f.textOf(n.X), "without !")
		}
	case *ast.Ident:
		if other, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok {
			f.replace(kindFlip, n, other, n.Name+" is "+other)
		}
	case *ast.BasicLit:
		if i, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
			f.replace(kindCompute, n, strconv.Itoa(i+1), n.Value+" is one more")
		}
	case *ast.CompositeLit:
		f.elements(n)
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	}
	return true
}

func (f *finder) condition(e ast.Expr) {
	f.replace(kindNever, e, "false && ("+f.textOf(e)+")", "never: "+f.textOf(e))
	f.replace(kindAlways, e, "true || ("+f.textOf(e)+")", "always: "+f.textOf(e))
}

// cases takes the conditions of a switch without tag one by one, and single
// values out of the lists of one with a tag.
func (f *finder) cases(s *ast.SwitchStmt) {
	for _, stmt := range s.Body.List {
		clause := stmt.(*ast.CaseClause)
		if s.Tag == nil {
			for _, e := range clause.List {
				f.condition(e)
			}
		} else if len(clause.List) > 1 {
			f.dropOne(clause.List)
		}
	}
}

// others are the operators that each is exchanged for.
var others = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
}

func (f *finder) operator(e *ast.BinaryExpr) {
	other, ok := others[e.Op]
	if !ok {
		return
	}
	kind := kindCompute
	if e.Op.Precedence() <= token.EQL.Precedence() {
		kind = kindCompare
	}
	at := f.set.Position(e.OpPos).Offset
	f.add(kind, e.OpPos, at, at+len(e.Op.String()), other.String(), fmt.Sprintf("%s for %s in %s", other, e.Op, f.textOf(e)))
}

// elements takes elements out of a list of literals.
func (f *finder) elements(c *ast.CompositeLit) {
	if len(c.Elts) < 2 {
		return
	}
	for _, e := range c.Elts {
		switch e := e.(type) {
		case *ast.BasicLit:
		case *ast.KeyValueExpr:
			if _, ok := e.Key.(*ast.BasicLit); !ok {
				return // the fields of a struct
			}
		default:
			return
		}
	}
	f.dropOne(c.Elts)
}

// dropOne takes each of several expressions out of their list.
func (f *finder) dropOne(list []ast.Expr) {
	for i, e := range list {
		start, end := f.span(e)
		if i > 0 {
			_, start = f.span(list[i-1])
		} else {
			end, _ = f.span(list[1])
		}
		f.add(kindRemove, e.Pos(), start, end, "", "without "+f.textOf(e))
	}
}

// statements takes out what does something and declares nothing.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.SendStmt, *ast.BranchStmt:
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
		default:
			continue
		}
		f.replace(kindRemove, s, "", "without "+f.textOf(s))
	}
}

func (f *finder) replace(k kind, n ast.Node, text, what string) {
	start, end := f.span(n)
	f.add(k, n.Pos(), start, end, text, what)
}

func (f *finder) add(k kind, at token.Pos, start, end int, text, what string) {
	f.found = append(f.found, mutant{pkg: f.pkg, file: f.file, line: f.set.Position(at).Line, what: oneLine(what), kind: k, start: start, end: end, text: text})
}

func (f *finder) span(n ast.Node) (start, end int) {
	return f.set.Position(n.Pos()).Offset, f.set.Position(n.End()).Offset
}

func (f *finder) textOf(n ast.Node) string {
	start, end := f.span(n)
	return string(f.source[start:end])
}
