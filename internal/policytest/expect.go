package policytest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// An expectEntry is what a case expects as it is written. Only what is there is
// compared.
type expectEntry struct {
	Outcome   issuer.Outcome  `yaml:"outcome"`
	Tier      *issuer.Tier    `yaml:"tier"`
	Reason    metadata.Reason `yaml:"reason"`
	DeniedBy  string          `yaml:"denied_by"`
	Mode      issuer.Mode     `yaml:"mode"`
	Publisher *string         `yaml:"publisher"`

	Scope     *string           `yaml:"scope"`
	ScopesCut map[string]string `yaml:"scopes_cut"` // by why they are cut
	Classes   []issuer.Class    `yaml:"classes"`
	Sensitive *bool             `yaml:"sensitive_reads"`
	Tools     []string          `yaml:"tools"`
	Flags     []metadata.Reason `yaml:"flags"`

	RefreshToken      issuer.Refresh          `yaml:"refresh_token"`
	AccessTokenTTLMax int                     `yaml:"access_token_ttl_max"`
	SessionTTLMax     int                     `yaml:"session_ttl_max"`
	Consent           issuer.Consent          `yaml:"consent"`
	SenderConstraint  issuer.SenderConstraint `yaml:"sender_constraint"`
}

// check returns what is wrong with what is expected, and at which key below it.
func (e expectEntry) check() (at string, err error) {
	for _, word := range []struct{ key, is, of string }{
		{".outcome", string(e.Outcome), joined(issuer.Outcomes())},
		{".mode", string(e.Mode), "enforce, observe"},
		{".refresh_token", string(e.RefreshToken), "none, rotate"},
		{".consent", string(e.Consent), "always, session"},
		{".sender_constraint", string(e.SenderConstraint), "none, dpop, mtls"},
	} {
		if word.is != "" && !slices.Contains(strings.Split(word.of, ", "), word.is) {
			return word.key, fmt.Errorf("%.100q is none of %s", word.is, word.of)
		}
	}
	for i, reason := range append([]metadata.Reason{e.Reason}, e.Flags...) {
		if reason != "" && !slices.Contains(metadata.Reasons(), reason) {
			at := ".reason"
			if i > 0 {
				at = fmt.Sprintf(".flags[%d]", i-1)
			}
			return at, fmt.Errorf("%.100q is no reason: docs/reasons.md has them", string(reason))
		}
	}
	for _, why := range sortedKeys(e.ScopesCut) {
		if err := oneOf(issuer.Cut(why), issuer.Cuts()); err != nil {
			return ".scopes_cut", err
		}
	}
	if e.AccessTokenTTLMax < 0 || e.SessionTTLMax < 0 {
		return "", errors.New("lifetimes are positive")
	}
	if len(e.terms(issuer.Decision{})) == 0 {
		return "", errors.New("it expects nothing: say expect, with outcome, tier, scope or another member")
	}
	return "", nil
}

// A term is one thing that is expected, and what came.
type term struct {
	name      string
	want, got string
	met       bool
}

// terms compares what is expected with a decision. Where that is only observed, it
// is what would have been decided.
func (e expectEntry) terms(d issuer.Decision) (list []term) {
	compare := func(expected bool, name, want, got string) {
		if expected {
			list = append(list, term{name, want, got, want == got})
		}
	}
	atMost := func(name string, most, got int) {
		if most > 0 {
			list = append(list, term{name, "at most " + strconv.Itoa(most), strconv.Itoa(got), got <= most})
		}
	}
	mode := d.Mode
	if mode == "" {
		mode = issuer.ModeEnforce
	}
	if w := d.Would; w != nil {
		d.Outcome, d.Tier, d.Reason, d.Grant = w.Outcome, w.Tier, w.Reason, w.Grant
	}
	compare(e.Outcome != "", "outcome", string(e.Outcome), string(d.Outcome))
	if e.Tier != nil {
		compare(true, "tier", e.Tier.String(), d.Tier.String())
	}
	compare(e.Reason != "", "reason", string(e.Reason), string(d.Reason))
	rule := ""
	if d.DeniedBy != nil {
		rule = d.DeniedBy.Rule
	}
	compare(e.DeniedBy != "", "denied_by", e.DeniedBy, rule)
	compare(e.Mode != "", "mode", string(e.Mode), string(mode))
	if e.Publisher != nil {
		compare(true, "publisher", *e.Publisher, d.Publisher.String())
	}
	g := d.Grant
	if e.Scope != nil {
		compare(true, "scope", sorted(strings.Fields(*e.Scope)), sorted(strings.Fields(g.Scope)))
	}
	compare(e.ScopesCut != nil, "scopes_cut", cutText(e.ScopesCut), cutText(cutsOf(g)))
	compare(e.Classes != nil, "classes", sorted(texts(e.Classes)), sorted(texts(g.Classes)))
	if e.Sensitive != nil {
		compare(true, "sensitive_reads", strconv.FormatBool(*e.Sensitive), strconv.FormatBool(g.Sensitive))
	}
	compare(e.Tools != nil, "tools", sorted(e.Tools), sorted(g.Tools))
	compare(e.Flags != nil, "flags", sorted(e.Flags), sorted(d.Flags))
	compare(e.RefreshToken != "", "refresh_token", string(e.RefreshToken), orNone(string(g.RefreshToken)))
	atMost("access_token_ttl_max", e.AccessTokenTTLMax, g.AccessTokenTTL)
	atMost("session_ttl_max", e.SessionTTLMax, g.SessionTTL)
	compare(e.Consent != "", "consent", string(e.Consent), string(g.Consent))
	compare(e.SenderConstraint != "", "sender_constraint", string(e.SenderConstraint), orNone(string(g.SenderConstraint)))
	return list
}

// cutsOf are the scopes that were cut, by why.
func cutsOf(g issuer.Grant) map[string]string {
	m := map[string]string{}
	for _, c := range g.ScopesCut {
		m[string(c.Why)] += " " + c.Scope
	}
	return m
}

func cutText(cuts map[string]string) string {
	list := []string{}
	for why, scopes := range cuts {
		for scope := range strings.FieldsSeq(scopes) {
			list = append(list, scope+" ("+why+")")
		}
	}
	return sorted(list)
}

func orNone(word string) string {
	if word == "" {
		return "none"
	}
	return word
}

func texts(classes []issuer.Class) []string {
	list := make([]string, len(classes))
	for i, c := range classes {
		list[i] = c.String()
	}
	return list
}

// sorted writes a list whose order means nothing, "nothing" where it is empty.
func sorted[T ~string](list []T) string {
	if len(list) == 0 {
		return "nothing"
	}
	return joined(slices.Sorted(slices.Values(list)))
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, word := range list {
		words[i] = string(word)
	}
	return strings.Join(words, ", ")
}

func sortedKeys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
