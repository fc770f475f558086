package condition

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"

	"github.com/fc28f635/countersign/internal/limits"
)

// Facts is a set of facts that hold. The zero Facts is none.
type Facts uint64

// A Family is facts of one kind: the function that names them, and its words.
type Family struct {
	Function string
	Words    []string
}

// A Vocabulary is what conditions can say. It does not change after it was made,
// and is safe for concurrent use.
type Vocabulary struct {
	env      *cel.Env
	families []Family
}

// mostFacts is how many [Facts] holds.
const mostFacts = 64

// NewVocabulary returns the vocabulary of claims and of the facts given. It
// panics where there are more than 64 facts: they are a program's, not a file's.
func NewVocabulary(families ...Family) *Vocabulary {
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)), cel.EnableMacroCallTracking(), cel.EagerlyValidateDeclarations(true),
		cel.ParserRecursionLimit(limits.ConditionDepth), cel.ParserExpressionSizeLimit(limits.ConditionBytes),
		cel.HomogeneousAggregateLiterals(),
	}
	for _, c := range claims {
		options = append(options, cel.Variable(c.name, c.typ))
	}
	for name, holds := range hostFunctions {
		options = append(options, hostFunction(name, holds))
	}
	facts := 0
	for _, f := range families {
		facts += len(f.Words)
		options = append(options, cel.Function(f.Function, cel.Overload(f.Function+"_string", []*cel.Type{cel.StringType}, cel.BoolType)))
	}
	e, err := cel.NewCustomEnv(options...)
	if err != nil || facts > mostFacts {
		panic(fmt.Sprintf("condition: a vocabulary of %d facts: %v", facts, err))
	}
	return &Vocabulary{env: e, families: families}
}

// subset is what there is of CEL's own functions: without regular expressions,
// times, and tests for the end or the middle of a text, which take
// evilexample.com for example.com.
var subset = &env.LibrarySubset{
	IncludeMacros: []string{"all", "exists", "exists_one"},
	IncludeFunctions: functions("_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_?_:_", "@in", "_[_]",
		"@not_strictly_false", "_+_", "size", "startsWith"),
}

func functions(names ...string) []*env.Function {
	list := make([]*env.Function, len(names))
	for i, name := range names {
		list[i] = env.NewFunction(name)
	}
	return list
}

// Fact returns the set of one fact, which is empty where the vocabulary has no
// such fact.
func (v *Vocabulary) Fact(function, word string) Facts {
	bit := 0
	for _, f := range v.families {
		if i := slices.Index(f.Words, word); i >= 0 && f.Function == function {
			return 1 << (bit + i)
		}
		bit += len(f.Words)
	}
	return 0
}

// All returns the set of all facts.
func (v *Vocabulary) All() Facts {
	var all Facts
	for _, f := range v.families {
		for _, word := range f.Words {
			all |= v.Fact(f.Function, word)
		}
	}
	return all
}

func (v *Vocabulary) family(function string) (Family, bool) {
	i := slices.IndexFunc(v.families, func(f Family) bool { return f.Function == function })
	if i < 0 {
		return Family{}, false
	}
	return v.families[i], true
}
