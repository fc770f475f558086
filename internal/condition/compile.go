package condition

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/fc28f635/countersign/internal/limits"
)

// An Error says what is wrong at one place of a condition.
type Error struct {
	Line, Column int // from 1, in the condition's text
	Message      string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d of the condition: %s", e.Line, e.Column, e.Message)
}

// Compile reads a condition of facts and claims. An error is an [*Error].
func (v *Vocabulary) Compile(source string) (*Condition, error) { return v.compile(source, true) }

// CompileClaims reads a condition of claims alone. An error is an [*Error].
func (v *Vocabulary) CompileClaims(source string) (*Condition, error) {
	return v.compile(source, false)
}

func (v *Vocabulary) compile(source string, facts bool) (*Condition, error) {
	if len(source) > limits.ConditionBytes {
		return nil, &Error{1, 1, fmt.Sprintf("longer than %d bytes", limits.ConditionBytes)}
	}
	checked, err := v.check(source)
	if err != nil {
		return nil, err
	}
	r := reader{Vocabulary: v, info: checked.NativeRep().SourceInfo(), facts: facts}
	expr := checked.NativeRep().Expr()
	if err := r.checkDomains(expr); err != nil {
		return nil, err
	}
	c := &Condition{}
	if c.root, err = r.read(expr); err != nil {
		return nil, err
	}
	if c.text, err = cel.AstToString(checked); err != nil {
		return nil, r.fault(expr, err.Error())
	}
	return c, nil
}

// check parses and types a condition.
func (v *Vocabulary) check(source string) (*cel.Ast, error) {
	if strings.TrimSpace(source) == "" {
		return nil, &Error{1, 1, "empty: say what must hold, or leave it out"}
	}
	checked, issues := v.env.Compile(source)
	if issues != nil && issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, errorAt(first.Location, mended(first.Message))
	}
	if checked.OutputType() != cel.BoolType {
		return nil, &Error{1, 1, "a condition is true or false, and this is neither"}
	}
	return checked, nil
}

// mends are added to messages of the library that do not say what to do.
var mends = []struct{ when, mend string }{
	{"reference to 'matches'", `there are no regular expressions: say at(…), below(…) or within(…) of a host, == or startsWith of a text`},
	{"reference to 'endsWith'", `the end of a text cuts labels in two: say below(host, "example.com") or within(host, "example.com")`},
	{"reference to 'contains'", `the middle of a text proves nothing: say == or startsWith`},
	{"reference to 'timestamp'", "there is no clock in a condition"},
	{"applied to '(host", `a host is compared by at(host, "example.com"), below or within`},
	{", host)'", `a host is compared by at(host, "example.com"), below or within`},
}

func mended(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	for _, m := range mends {
		if strings.Contains(message, m.when) {
			return fmt.Sprintf("%.300s: %s", message, m.mend)
		}
	}
	return fmt.Sprintf("%.300s", message)
}

// A reader turns one checked expression into a tree.
type reader struct {
	*Vocabulary
	info  *ast.SourceInfo
	facts bool
}

func (r reader) fault(e ast.Expr, message string) error {
	return errorAt(r.info.GetStartLocation(e.ID()), message)
}

// errorAt is an error at a place of the library's, which counts columns from 0,
// and places what it does not know before the beginning.
func errorAt(at common.Location, message string) *Error {
	return &Error{max(at.Line(), 1), max(at.Column(), 0) + 1, message}
}

// read reads facts, && and ||. Everything else is an atom.
func (r reader) read(e ast.Expr) (*node, error) {
	if e.Kind() != ast.CallKind {
		return r.atom(e)
	}
	call := e.AsCall()
	switch call.FunctionName() {
	case operators.LogicalAnd, operators.LogicalOr:
		n := &node{kind: kindAnd}
		if call.FunctionName() == operators.LogicalOr {
			n.kind = kindOr
		}
		for _, arg := range call.Args() {
			below, err := r.read(arg)
			if err != nil {
				return nil, err
			}
			n.nodes = append(n.nodes, below)
		}
		return n, nil
	}
	family, ok := r.family(call.FunctionName())
	if !ok || !r.facts {
		return r.atom(e) // which says that facts are out of place
	}
	word, err := literal(call.Args()[0])
	if err != nil {
		return nil, r.fault(e, fmt.Sprintf("%s takes a word in quotes, one of %s", family.Function, strings.Join(family.Words, ", ")))
	}
	if !slices.Contains(family.Words, word) {
		return nil, r.fault(e, fmt.Sprintf("%s(%.100q) does not exist: it is one of %s", family.Function, word, strings.Join(family.Words, ", ")))
	}
	return &node{kind: kindFact, fact: r.Fact(family.Function, word)}, nil
}

// atom reads an expression of claims, in which no fact stands: its value is of
// the claims alone.
func (r reader) atom(e ast.Expr) (*node, error) {
	n := &node{kind: kindAtom, constant: true}
	var wrong error
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.CallKind {
			if f, ok := r.family(e.AsCall().FunctionName()); ok && wrong == nil {
				wrong = r.fault(e, r.misplaced(f.Function))
			}
		}
		if e.Kind() == ast.IdentKind {
			if i := claimNamed(e.AsIdent()); i >= 0 && !slices.Contains(n.reads, i) {
				n.reads, n.constant = append(n.reads, i), false
			}
		}
	}))
	if wrong != nil {
		return nil, wrong
	}
	var err error
	if n.text, err = cel.ExprToString(e, r.info); err != nil {
		return nil, r.fault(e, err.Error())
	}
	checked, err := r.check(n.text)
	if err != nil {
		return nil, r.fault(e, err.Error())
	}
	if n.program, err = r.env.Program(checked, cel.CostLimit(limits.ConditionCost)); err != nil {
		return nil, r.fault(e, err.Error())
	}
	return n, nil
}

func (r reader) misplaced(function string) string {
	if !r.facts {
		return function + "() stands in no rule that refuses: what was not found out must not lift it. Say it of claims, or as the condition of a tier"
	}
	return function + "() stands alone or under && and ||, nowhere else: what was not found out must never count. " +
		"Turn the condition around, or write a deny rule of claims"
}

// checkDomains holds the second argument of each host function to be one domain
// in canonical form.
func (r reader) checkDomains(e ast.Expr) (wrong error) {
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if wrong != nil || e.Kind() != ast.CallKind || hostFunctions[e.AsCall().FunctionName()] == nil {
			return
		}
		call := e.AsCall()
		domain, err := literal(call.Args()[1])
		if err == nil {
			err = checkDomain(domain)
		}
		if err != nil {
			wrong = r.fault(e, call.FunctionName()+": "+err.Error())
		}
	}))
	return wrong
}

// literal returns the text that an expression is.
func literal(e ast.Expr) (string, error) {
	if e.Kind() == ast.LiteralKind {
		if s, ok := e.AsLiteral().Value().(string); ok {
			return s, nil
		}
	}
	return "", errors.New("a text in quotes is meant")
}
