package policytest

import (
	"fmt"

	"github.com/fc28f635/countersign/issuer"
)

// A Result is what came of one case.
type Result struct {
	Name        string       `json:"name"`
	Passed      bool         `json:"passed"`
	Differences []Difference `json:"differences,omitempty"`

	// Why says of a case that failed how the decision came about, a line each.
	Why []string `json:"why,omitempty"`
}

// A Difference is one thing that came otherwise than it was expected.
type Difference struct {
	What     string `json:"what"` // a member of expect
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// Run decides every case by a policy, in their order.
func (s *Suite) Run(p *issuer.Policy) []Result {
	results := make([]Result, len(s.cases))
	for i, c := range s.cases {
		d := p.Decide(c.input)
		r := Result{Name: c.Name}
		for _, t := range c.Expect.terms(d) {
			if !t.met {
				r.Differences = append(r.Differences, Difference{t.name, t.want, t.got})
			}
		}
		if r.Passed = len(r.Differences) == 0; !r.Passed {
			r.Why = c.why(d)
		}
		results[i] = r
	}
	return results
}

// why says how a decision came about.
func (c readCase) why(d issuer.Decision) []string {
	list := []string{c.facts}
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if d.Would != nil {
		say("it is only observed")
		d.Reason, d.Grant = d.Would.Reason, d.Would.Grant
	}
	if d.Reason != "" {
		say("%s: %s", d.Reason, d.Reason.Problem().Sentence)
	}
	if d.DeniedBy != nil {
		say("deny rule %s: %s", d.DeniedBy.Rule, d.DeniedBy.Reason)
	}
	for _, f := range d.Findings {
		if f.Check == issuer.CheckSource {
			say("%s", f.Detail)
		}
	}
	for _, cut := range d.Grant.ScopesCut {
		say("%s: %s", cut.Scope, cut.Explain())
	}
	for _, f := range d.ConditionFaults {
		say("the condition of %s failed: %s", f.Condition, f.Fault)
	}
	return list
}
