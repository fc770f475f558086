package policytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A proof is a word for the checks that clients of a kind usually pass. The zero
// proof is none.
type proof string

// proofs are the checks that each word stands for: those with which the built-in
// policies reach the tier of that name.
var proofs = map[proof][]verify.Check{
	"none":   {verify.CheckForm, verify.CheckRedirectURIs},
	"domain": {verify.CheckForm, verify.CheckRedirectURIs, verify.CheckCoverage, verify.CheckMetadataDocument},
	"signed": {verify.CheckForm, verify.CheckRedirectURIs, verify.CheckCoverage, verify.CheckDNSKey, verify.CheckDNSStrength,
		verify.CheckKeyLine, verify.CheckSignature, verify.CheckTimes},
}

// flagged are the findings that come with a flag.
var flagged = map[metadata.Reason]verify.Finding{
	metadata.ReasonNameResemblesProtected: {Check: verify.CheckDisplayName, Status: verify.Failed, Reason: metadata.ReasonNameResemblesProtected},
	metadata.ReasonKeyLineNew:             {Check: verify.CheckKeyLine, Status: verify.Failed, Reason: metadata.ReasonKeyLineNew},
	metadata.ReasonStatementExpiresSoon:   {Check: verify.CheckTimes, Status: verify.Passed, Reason: metadata.ReasonStatementExpiresSoon},
}

// decidedAt is when every case is decided. A policy has no clock, so that any
// instant goes.
var decidedAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// read makes the input of a case, or returns what is wrong, and at which key.
func (c *readCase) read() (at string, err error) {
	client, err := c.client()
	if err != nil {
		return "client", err
	}
	r := verify.Recollection{At: decidedAt, Outcome: verify.Verified, Client: client, Shape: metadata.ShapeOf(client),
		Lifetime: time.Duration(c.StatementDays) * 24 * time.Hour}
	if r.Findings, at, err = c.findings(); err != nil {
		return at, err
	}
	if r.Publisher, err = c.publisher(client, r.Findings); err != nil {
		return "publisher", err
	}
	if c.StatementDays < 0 || c.StatementDays > 0 && !passed(r.Findings, verify.CheckSignature) {
		return "statement_days", errors.New("the life of a statement that verified, in days: it needs proof: signed, or statement_signature under passed")
	}
	r.Binding = c.binding(client, r)
	if c.Rejected != "" {
		if !slices.Contains(metadata.Reasons(), c.Rejected) {
			return "rejected", fmt.Errorf("%.100q is no reason: docs/reasons.md has them", string(c.Rejected))
		}
		r.Outcome, r.Reason = verify.Rejected, c.Rejected
	}
	c.input = issuer.Input{Verdict: verify.Recall(r), Claimed: client, Resource: c.Resource, AuthorizationServer: c.AuthorizationServer}
	if at, err := c.checkTargets(); err != nil {
		return at, err
	}
	if at, err := c.accept(r); err != nil {
		return at, err
	}
	if at, err := c.comeFrom(); err != nil {
		return at, err
	}
	c.facts = c.describe(r)
	return "", nil
}

// client is the effective metadata.
func (c *readCase) client() (metadata.Client, error) {
	if len(c.Client) == 0 {
		return metadata.Client{}, errors.New("client is missing: give the members of its registration, redirect_uris among them")
	}
	data, err := json.Marshal(c.Client)
	if err != nil {
		return metadata.Client{}, err
	}
	client, err := metadata.ParseClient(data)
	if err != nil {
		return metadata.Client{}, err
	}
	if unknown := client.Unregistered(); len(unknown) > 0 {
		return metadata.Client{}, fmt.Errorf("%.100q is no registered member of client metadata (RFC 7591, Section 2)", unknown[0])
	}
	if c.ClientID != "" {
		client.ClientID = c.ClientID
	}
	return client.WithDefaults(), client.Check()
}

// findings are one of each check that the case speaks of, in the order in which
// checks run.
func (c *readCase) findings() (list []verify.Finding, at string, err error) {
	word := c.Proof
	if word == "" {
		word = "none"
	}
	shorthand, ok := proofs[word]
	if !ok {
		return nil, "proof", fmt.Errorf("%.100q is none of none, domain and signed", string(word))
	}
	found := map[verify.Check]verify.Finding{}
	for _, check := range shorthand {
		found[check] = verify.Finding{Check: check, Status: verify.Passed}
	}
	said := map[verify.Check]bool{}
	for _, part := range []struct {
		key    string
		checks []verify.Check
		status verify.Status
	}{{"passed", c.Passed, verify.Passed}, {"failed", c.Failed, verify.Failed}, {"unavailable", c.Unavailable, verify.Unavailable}} {
		for i, check := range part.checks {
			at := fmt.Sprintf("%s[%d]", part.key, i)
			if err := oneOf(check, verify.Checks()); err != nil {
				return nil, at, err
			}
			if said[check] {
				return nil, at, fmt.Errorf("%s is there twice", check)
			}
			said[check], found[check] = true, verify.Finding{Check: check, Status: part.status}
		}
	}
	for i, flag := range c.Flags {
		finding, ok := flagged[flag]
		if !ok {
			return nil, fmt.Sprintf("flags[%d]", i), fmt.Errorf("%.100q is none of %s", string(flag), joined(sortedKeys(flagged)))
		}
		found[finding.Check] = finding
	}
	for _, check := range verify.Checks() {
		if f, ok := found[check]; ok {
			list = append(list, f)
		}
	}
	return list, "", nil
}

func passed(findings []verify.Finding, check verify.Check) bool {
	return slices.ContainsFunc(findings, func(f verify.Finding) bool { return f.Check == check && f.Status == verify.Passed })
}

// publisher is the one that the case names, else that of the client_id, else the
// one to which every code goes. A client that proves nothing needs none.
func (c *readCase) publisher(client metadata.Client, findings []verify.Finding) (metadata.Publisher, error) {
	if c.Publisher != "" {
		return metadata.ParsePublisher(c.Publisher)
	}
	if id, err := metadata.ParseClientID(client.ClientID); err == nil {
		return id.Publisher(), nil
	}
	if !slices.ContainsFunc([]verify.Check{verify.CheckCoverage, verify.CheckMetadataDocument, verify.CheckDelivery, verify.CheckSignature},
		func(check verify.Check) bool { return passed(findings, check) }) {
		return metadata.Publisher{}, nil
	}
	if p, ok := metadata.DeliveryOf(client); ok {
		return p, nil
	}
	return metadata.Publisher{}, errors.New("publisher is missing: say whose the client is proven to be, such as https://acme.example")
}

// binding is the one that the case names, else what a verification would find.
func (c *readCase) binding(client metadata.Client, r verify.Recollection) metadata.Binding {
	if c.Binding != nil {
		return *c.Binding
	}
	byKey := passed(r.Findings, verify.CheckPossession) || passed(r.Findings, verify.CheckSignature)
	return metadata.BindingOf(client, metadata.Coverage{Publisher: r.Publisher}, "", byKey)
}

// checkTargets holds what access is asked for to its form.
func (c *readCase) checkTargets() (at string, err error) {
	if c.Resource != "" {
		if err := issuer.CheckResource(c.Resource); err != nil {
			return "resource", err
		}
	}
	if c.AuthorizationServer != "" {
		if err := issuer.CheckAuthorizationServer(c.AuthorizationServer); err != nil {
			return "authorization_server", err
		}
	}
	return "", nil
}

// accept gives the client the acceptance of the case. One of a publisher also has
// the shape that was seen, as a person gives it.
func (c *readCase) accept(r verify.Recollection) (at string, err error) {
	if c.Accepted == nil {
		return "", nil
	}
	by, of := c.Accepted.By, c.Accepted.Of
	if by == "" {
		by = issuer.ByOperator
	}
	if of == "" && r.Publisher.IsZero() {
		of = "shape"
	}
	if err := oneOf(by, []string{issuer.ByOperator, "catalog", "root"}); err != nil {
		return "accepted.by", err
	}
	const day = 24 * time.Hour
	a := issuer.Acceptance{Publisher: r.Publisher, Shape: r.Shape, By: by, Actor: by, Reason: "the case says so", At: r.At.Add(-day), Until: r.At.Add(day)}
	switch of {
	case "", "publisher":
		if a.Publisher.IsZero() {
			return "accepted.of", errors.New("no publisher is proven: name it under publisher, or accept the shape")
		}
	case "shape":
		a.Publisher = metadata.Publisher{}
	default:
		return "accepted.of", fmt.Errorf("%.100q is neither publisher nor shape", of)
	}
	c.input.Standing.Acceptances = []issuer.Acceptance{a}
	return "", nil
}

// comeFrom gives the client the addresses of the case. Who asks is who registers,
// or with a client_id that is a URL a browser.
func (c *readCase) comeFrom() (at string, err error) {
	o := issuer.Origins{By: issuer.PartyRegistrar}
	if metadata.IsClientIDURL(c.input.Claimed.ClientID) {
		o.By = issuer.PartyBrowser
	}
	if c.Source != nil {
		if o.Source, at, err = c.Source.origin(); err != nil {
			return "source." + at, err
		}
	}
	if c.PublisherSource != nil {
		origin, at, err := c.PublisherSource.origin()
		if err != nil {
			return "publisher_source." + at, err
		}
		o.Publisher = []issuer.Origin{origin}
	}
	c.input.Origins = o
	return "", nil
}

func (s *sourceEntry) origin() (o issuer.Origin, at string, err error) {
	const largest = 1<<32 - 1
	if s.Country != "" && (len(s.Country) != 2 || strings.ToUpper(s.Country) != s.Country) {
		return o, "country", fmt.Errorf("%.100q is no country such as DE, two letters in upper case", s.Country)
	}
	if s.ASN < 0 || s.ASN > largest {
		return o, "asn", fmt.Errorf("%d is no autonomous system", s.ASN)
	}
	o = issuer.Origin{Country: s.Country, ASN: uint32(s.ASN), Lists: s.Lists} //nolint:gosec // checked above
	if s.Addr != nil {
		o.Addr = s.Addr.Unmap()
	}
	return o, "", nil
}

// describe says what is said of a client, for people.
func (c *readCase) describe(r verify.Recollection) string {
	var checks []verify.Check
	for _, f := range r.Findings {
		if f.Status == verify.Passed {
			checks = append(checks, f.Check)
		}
	}
	text := fmt.Sprintf("passed %s; binding %s", joined(checks), r.Binding)
	if !r.Publisher.IsZero() {
		text += "; publisher " + r.Publisher.Domain()
	}
	if list := c.input.Standing.Acceptances; len(list) > 0 {
		text += "; accepted by " + list[0].By
	}
	return text
}
