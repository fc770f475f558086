package toolmap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/issuer"
)

// ErrDeclared is the error where a policy has a resource already.
var ErrDeclared = errors.New("the policy has it already")

// errPlace says that there is no place for text at the end of a policy.
var errPlace = errors.New("resources is not the last section of the policy, or not written as a list of lines that begin with a dash: put the lines there by hand")

// Add returns the text of a policy with the proposals after all that it has, so
// that every comment stays. Where the policy has one of the resources the error
// wraps [ErrDeclared]. The policy must be right, before and after.
func Add(policy []byte, proposals []Proposal) ([]byte, error) {
	before, err := issuer.ParsePolicy(policy)
	if err != nil {
		return nil, err
	}
	declared := before.Resources()
	for _, p := range proposals {
		if slices.ContainsFunc(declared, func(r issuer.Resource) bool { return r.ID == p.Resource }) {
			return nil, fmt.Errorf("resource %.100q: %w", p.Resource, ErrDeclared)
		}
	}
	indent, present, err := lastSection(string(policy))
	if err != nil {
		return nil, err
	}
	text := strings.TrimRight(string(policy), "\n") + "\n"
	if present {
		for _, p := range proposals {
			text += p.Policy(indent)
		}
	} else {
		text += "\n" + Policy(proposals)
	}
	after, err := issuer.ParsePolicy([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("with the resources: %w", err)
	}
	if len(after.Resources()) != len(declared)+len(proposals) {
		return nil, errPlace
	}
	return []byte(text), nil
}

var (
	topLevelKey = regexp.MustCompile(`^[^\s#-][^#]*:(\s|$)`)
	ourKey      = regexp.MustCompile(`^resources:\s*(#.*)?$`)
	firstOfList = regexp.MustCompile(`^( *)- `)
)

// lastSection returns how the elements of the section resources are indented,
// which must be the last one where it is there.
func lastSection(text string) (indent string, present bool, err error) {
	listed := false
	for line := range strings.SplitSeq(text, "\n") {
		element := firstOfList.FindStringSubmatch(line)
		switch key := topLevelKey.MatchString(line); {
		case key && present, key && strings.HasPrefix(line, "resources") && !ourKey.MatchString(line):
			return "", false, errPlace
		case key:
			present = ourKey.MatchString(line)
		case present && !listed && element != nil:
			indent, listed = element[1], true
		}
	}
	if present && !listed {
		return "", false, errPlace
	}
	return indent, present, nil
}
