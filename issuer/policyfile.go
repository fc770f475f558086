package issuer

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/metadata"
)

// policyVersion is the version of the format. Version 1 had lists of checks in
// place of conditions.
const policyVersion = 2

// ErrPolicyFormat is returned for a policy of version 1. The mend is to begin with
// a built-in policy of this program and to carry over what was changed.
var ErrPolicyFormat = errors.New("version 1 has lists of checks where 2 has conditions (when), and is not read any more")

// versionOne matches the line that says it. It is looked for before anything else,
// because other keys of version 1 are unknown now.
var versionOne = regexp.MustCompile(`(?m)^version:[ \t]+1[ \t]*(#.*)?\r?$`)

// A policyFile is a policy as it is written.
type policyFile struct {
	Version         int    `yaml:"version"`
	Name            string `yaml:"name"`
	CountersignFrom Tier   `yaml:"countersign_from"`
	LifetimeDays    int    `yaml:"statement_lifetime_days"`
	Expired         string `yaml:"expired_statement"`
	Offers          struct {
		GrantTypes    []string `yaml:"grant_types"`
		ResponseTypes []string `yaml:"response_types"`
	} `yaml:"offers"`
	Review    ReviewRule  `yaml:"review"`
	Deny      []denyEntry `yaml:"deny"`
	Sources   sourceRules `yaml:"sources"`
	Tiers     []tierEntry `yaml:"tiers"`
	Resources []Resource  `yaml:"resources"`

	AuthorizationServers []AuthorizationServer `yaml:"authorization_servers"`
}

type denyEntry struct {
	Name   string `yaml:"name"`
	When   string `yaml:"when"`
	Reason string `yaml:"reason"`
}

type tierEntry struct {
	Tier  Tier      `yaml:"tier"`
	When  string    `yaml:"when"`
	Grant tierGrant `yaml:"grant"`
}

func parsePolicy(data []byte) (*Policy, error) {
	var f policyFile
	if at := versionOne.FindIndex(data); at != nil {
		return nil, fmt.Errorf("[%d:1] %w", 1+bytes.Count(data[:at[0]], []byte("\n")), ErrPolicyFormat)
	}
	doc, err := strictyaml.Decode(data, &f)
	if err != nil {
		return nil, err
	}
	if at, err := f.check(); err != nil {
		return nil, doc.Fault(at, err)
	}
	if at, err := f.Review.check(); err != nil {
		return nil, doc.Fault("review."+at, err)
	}
	if at, err := f.Sources.check(); err != nil {
		return nil, doc.Fault("sources"+at, err)
	}
	if err := checkResources(doc, f.Resources); err != nil {
		return nil, err
	}
	if err := checkAuthorizationServers(doc, f.AuthorizationServers); err != nil {
		return nil, err
	}
	p := &Policy{
		name: f.Name, digest: digestOf(data), source: slices.Clone(data),
		countersignFrom: f.CountersignFrom, lifetimeDays: f.LifetimeDays, refuseExpired: f.Expired == "refuse",
		review:     f.Review,
		grantTypes: f.Offers.GrantTypes, responseTypes: f.Offers.ResponseTypes, sources: f.Sources,
		resources: f.Resources, vocabularies: newVocabularies(f.Resources), modes: newModes(f.Resources, f.AuthorizationServers),
	}
	for i, entry := range f.Deny {
		if at, err := p.addDeny(entry); err != nil {
			return nil, doc.Fault(fmt.Sprintf("deny[%d].%s", i, at), fmt.Errorf("deny rule %.100q: %w", entry.Name, err))
		}
	}
	for i, entry := range f.Tiers {
		if at, err := p.addTier(entry); err != nil {
			return nil, doc.Fault(fmt.Sprintf("tiers[%d].%s", i, at), fmt.Errorf("tier %s: %w", entry.Tier, err))
		}
	}
	for i, r := range p.rules {
		if h, ok := p.shadows(r); ok {
			return nil, doc.Fault(fmt.Sprintf("tiers[%d].when", i),
				fmt.Errorf("tier %s: whoever reaches it reaches %s too, so that it is never had: take it away, or say what is missing for %s", r.tier, h, h))
		}
	}
	p.warnings = slices.Concat(p.doubts(), p.sources.warnings(), p.vocabularies.warnings())
	return p, nil
}

// check returns what is wrong beside rules and tiers, and at which key.
func (f policyFile) check() (at string, err error) {
	switch {
	case f.Version == 0:
		return "version", fmt.Errorf("version is missing: say version: %d", policyVersion)
	case f.Version != policyVersion:
		return "version", fmt.Errorf("version %d, and %d is known", f.Version, policyVersion)
	case f.Name == "":
		return "name", errors.New("name is missing: call the policy something")
	case metadata.CheckName(f.Name) != nil:
		return "name", fmt.Errorf("name: %w", metadata.CheckName(f.Name))
	case f.CountersignFrom == TierBlocked:
		return "countersign_from", errors.New("countersign_from is missing, or blocked: nothing is signed for who is refused")
	case f.LifetimeDays < 1 || f.LifetimeDays > int(limits.StatementLifetime.Hours()/24):
		return "statement_lifetime_days", errors.New("statement_lifetime_days is not 1 to 366")
	case f.Expired != "ignore" && f.Expired != "refuse":
		return "expired_statement", fmt.Errorf("expired_statement is %.100q, neither ignore nor refuse", f.Expired)
	case len(f.Offers.GrantTypes) == 0:
		return "offers", errors.New("offers no grant_types: nobody could be let in")
	case len(f.Tiers) == 0:
		return "tiers", errors.New("no tiers: nobody could be let in")
	}
	return checkOffers(f.Offers.GrantTypes, f.Offers.ResponseTypes)
}
