package issuer

import (
	"fmt"
	"strings"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A meaning is what a tier says of a client under any policy. A policy decides
// what else it asks for, and what the tier is worth.
type meaning struct {
	// questions are what somebody checked: each is answered where one of its
	// checks passed.
	questions [][]verify.Check

	on       Tier // the tier whose questions are asked too
	tied     bool // the client is tied to its publisher: its binding is not loose
	accepted bool // the operator accepted the publisher or the shape
}

// meanings of the tiers that need more than well-formed metadata.
var meanings = [len(tierNames)]meaning{
	TierDomain: {questions: [][]verify.Check{
		{verify.CheckMetadataDocument, verify.CheckDelivery, verify.CheckSignature}, // whose is it?
		{verify.CheckCoverage, verify.CheckSignature},                               // and nobody else's?
	}},
	TierSigned: {on: TierDomain, tied: true, questions: [][]verify.Check{
		{verify.CheckSignature, verify.CheckPossession},                                               // who signs?
		{verify.CheckPinnedKey, verify.CheckDNSKey, verify.CheckWellknownKey, verify.CheckPossession}, // whose key is it?
		{verify.CheckPinnedKey, verify.CheckDNSStrength, verify.CheckWellknownKey, verify.CheckPossession},
		{verify.CheckPinnedKey, verify.CheckKeyLine, verify.CheckPossession}, // since when?
		{verify.CheckCoverage}, // how far does it speak?
	}},
	TierAccepted: {accepted: true},
	TierEndorsed: {on: TierSigned, tied: true, accepted: true, questions: [][]verify.Check{
		{verify.CheckTrustRoot}, {verify.CheckDNSStrength},
	}},
}

// asked returns the questions of a tier and of those that it builds on.
func (t Tier) asked() [][]verify.Check {
	var all [][]verify.Check
	for ; t != TierBlocked; t = meanings[t].on {
		all = append(all, meanings[t].questions...)
	}
	return all
}

// The facts that a condition can name: a check that passed, a binding at least
// as strong, a lower tier that was reached.
const (
	factPassed  = "passed"
	factBound   = "bound"
	factReached = "reached"
)

var language = condition.NewVocabulary(
	condition.Family{Function: factPassed, Words: words(verify.Checks())},
	condition.Family{Function: factBound, Words: []string{metadata.BindingWeb.String(), metadata.BindingKey.String()}},
	condition.Family{Function: factReached, Words: tierNames[TierUnverified:]})

func words(checks []verify.Check) []string {
	list := make([]string, len(checks))
	for i, c := range checks {
		list[i] = string(c)
	}
	return list
}

var passedFacts = func() map[verify.Check]condition.Facts {
	facts := map[verify.Check]condition.Facts{}
	for _, c := range verify.Checks() {
		facts[c] = language.Fact(factPassed, string(c))
	}
	return facts
}()

var reachedFacts = func() (facts [len(tierNames)]condition.Facts) {
	for _, t := range Tiers() {
		facts[t] = language.Fact(factReached, t.String())
	}
	return facts
}()

// boundFacts gives for each binding what holds: key is more than web.
var boundFacts = map[metadata.Binding]condition.Facts{
	metadata.BindingWeb: language.Fact(factBound, "web"),
	metadata.BindingKey: language.Fact(factBound, "web") | language.Fact(factBound, "key"),
}

// allPassed is every check passed; what an allowance takes for granted.
var allPassed = anyOf(verify.Checks())

// anyOf returns the facts that some checks passed.
func anyOf(checks []verify.Check) (facts condition.Facts) {
	for _, c := range checks {
		facts |= passedFacts[c]
	}
	return facts
}

// passedIn returns which checks passed: of two findings of one check, both must.
func passedIn(v *verify.Verdict) condition.Facts {
	var passed, not condition.Facts
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Status == verify.Passed {
			passed |= passedFacts[f.Check]
		} else {
			not |= passedFacts[f.Check]
		}
	}
	return passed &^ not
}

// answered reports whether facts answer all questions of a tier.
func (t Tier) answered(facts condition.Facts) bool {
	for _, question := range questionFacts[t] {
		if facts&question == 0 {
			return false
		}
	}
	return true
}

// questionFacts are the questions of each tier, and of those it builds on.
var questionFacts = func() (facts [len(tierNames)][]condition.Facts) {
	for _, t := range Tiers() {
		for _, question := range t.asked() {
			facts[t] = append(facts[t], anyOf(question))
		}
	}
	return facts
}()

// unanswered says that a condition can hold without an answer to a question.
func unanswered(t Tier, question []verify.Check) error {
	names := make([]string, len(question))
	for i, c := range question {
		names[i] = fmt.Sprintf("passed(%q)", c)
	}
	return fmt.Errorf("it could be reached though none of %s holds, and that is what %s means: add && (%s)",
		strings.Join(names, ", "), t, strings.Join(names, " || "))
}
