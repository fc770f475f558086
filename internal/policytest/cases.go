// Package policytest tests a policy by cases that an operator wrote: what would be
// decided on a client of which such and such was found out. Call [Load], then
// [Suite.Run] with the policy, and [WriteJUnit] for a CI system.
//
// Nothing is verified: a case says which checks passed, and the verdict is rebuilt
// from that as it is from a recorded decision ([verify.Recall]).
package policytest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A Suite is the cases of one file. It does not change after it was read.
type Suite struct {
	cases []readCase
}

// A readCase is a case with what a policy decides on.
type readCase struct {
	caseEntry
	input issuer.Input
	facts string // what is said of the client, for people
}

// A caseFile is the file as it is written.
type caseFile struct {
	Cases []caseEntry `yaml:"cases"`
}

// A caseEntry is one case as it is written.
type caseEntry struct {
	Name string `yaml:"name"`

	// Client has the members of RFC 7591, Section 2.
	Client   map[string]any `yaml:"client"`
	ClientID string         `yaml:"client_id"`

	Proof         proof             `yaml:"proof"`
	Passed        []verify.Check    `yaml:"passed"`
	Failed        []verify.Check    `yaml:"failed"`
	Unavailable   []verify.Check    `yaml:"unavailable"`
	Rejected      metadata.Reason   `yaml:"rejected"`
	Flags         []metadata.Reason `yaml:"flags"`
	Binding       *metadata.Binding `yaml:"binding"`
	Publisher     string            `yaml:"publisher"`
	StatementDays int               `yaml:"statement_days"`
	Accepted      *acceptedEntry    `yaml:"accepted"`

	Resource            string `yaml:"resource"`
	AuthorizationServer string `yaml:"authorization_server"`

	Source          *sourceEntry `yaml:"source"`
	PublisherSource *sourceEntry `yaml:"publisher_source"`

	Expect expectEntry `yaml:"expect"`
}

// An acceptedEntry is an acceptance in force.
type acceptedEntry struct {
	By string `yaml:"by"` // operator, catalog or root; operator where it is left out
	Of string `yaml:"of"` // publisher or shape; publisher where there is one
}

// A sourceEntry is an address, and what is known of it.
type sourceEntry struct {
	Addr    *netip.Addr     `yaml:"addr"`
	Country string          `yaml:"country"`
	ASN     int             `yaml:"asn"`
	Lists   map[string]bool `yaml:"lists"` // of each reputation list, whether the address is on it
}

// Load reads the cases in a file, as [Parse] does. Errors name the file.
func Load(path string) (*Suite, error) {
	data, err := strictyaml.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading cases: %w", err)
	}
	s, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return s, nil
}

// Parse reads cases strictly: an unknown key, a check that does not exist, a
// member that no client has, a case that expects nothing are errors. They have
// the place, as those of [issuer.ParsePolicy] have.
func Parse(data []byte) (*Suite, error) {
	s, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading cases: %w", err)
	}
	return s, nil
}

func parse(data []byte) (*Suite, error) {
	var f caseFile
	doc, err := strictyaml.Decode(data, &f)
	if err != nil {
		return nil, err
	}
	if len(f.Cases) == 0 {
		return nil, doc.Fault("cases", errors.New("no cases: nothing would be tested"))
	}
	s := &Suite{}
	names := map[string]bool{}
	for i, entry := range f.Cases {
		at := fmt.Sprintf("cases[%d]", i)
		if err := metadata.CheckName(entry.Name); err != nil || entry.Name == "" {
			return nil, doc.Fault(at+".name", errors.New("a case has a name of one line: say what it shows"))
		}
		if names[entry.Name] {
			return nil, doc.Fault(at+".name", fmt.Errorf("another case is named %.100q", entry.Name))
		}
		names[entry.Name] = true
		wrong := func(key string, err error) error {
			return doc.Fault(at+"."+key, fmt.Errorf("case %.100q: %w", entry.Name, err))
		}
		if key, err := entry.Expect.check(); err != nil {
			return nil, wrong("expect"+key, err)
		}
		one := readCase{caseEntry: entry}
		if key, err := one.read(); err != nil {
			return nil, wrong(key, err)
		}
		s.cases = append(s.cases, one)
	}
	return s, nil
}

// oneOf returns an error unless a word is one of some.
func oneOf[T ~string](word T, words []T) error {
	if !slices.Contains(words, word) {
		return fmt.Errorf("%.100q is none of %s", string(word), joined(words))
	}
	return nil
}
