package issuer

import (
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Bound is what an acceptance that a review gave is bound to. It is of what the
// person saw, and of nothing that somebody else registers with the same bytes.
type Bound struct {
	// Review is the id of the review.
	Review string `json:"review"`

	// Registration is the digest of the authorization server, and of the client_id
	// or, where the client registered, of its shape and its statement. Binding key
	// or web stands in for it: then the publisher is what is the same.
	Registration string `json:"registration"`

	// Metadata is the digest of the effective metadata. It is empty where the
	// publisher signed: what it signs next is covered.
	Metadata string `json:"metadata,omitempty"`

	// Thumbprint is that of the key that signed, which later keys of the
	// publisher's can join (see [verify.Line]). Empty where nothing was signed.
	Thumbprint string `json:"thumbprint,omitempty"`

	// Passed are the checks that passed, and must again. Where the publisher
	// signed, those are the signature and what is stated: an outage of its site
	// ends nothing.
	Passed []verify.Check `json:"passed"`
}

// A presented is what a client presents, as far as an approval is bound to it.
type presented struct {
	verdict      *verify.Verdict
	registration string
	metadata     string
}

// presentedBy digests what the client of an input presents, which is verified.
func presentedBy(in Input) presented {
	v := in.Verdict
	client, _ := v.Client()
	p := presented{verdict: v, metadata: digestClient(client)}
	if in.ClientID != "" {
		p.registration = digestOf([]byte(strings.Join([]string{"client_id", in.AuthorizationServer, in.ClientID}, "\n")))
	} else {
		p.registration = digestOf([]byte(strings.Join([]string{"shape", in.AuthorizationServer, string(v.Shape()), v.Digest}, "\n")))
	}
	return p
}

// bound is what an approval of what is presented is bound to.
func (p presented) bound() Bound {
	b := Bound{Registration: p.registration, Thumbprint: p.verdict.Thumbprint(), Passed: []verify.Check{}}
	if signedByPublisher(p.verdict) {
		b.Passed = append(b.Passed, verify.CheckSignature)
		return b
	}
	b.Metadata, b.Passed = p.metadata, checksWith(p.verdict, verify.Passed)
	return b
}

// meets reports whether what is presented is what the acceptance is bound to.
func (b *Bound) meets(p presented) bool {
	v := p.verdict
	switch {
	case p.metadata == "":
		return false
	case b.Registration != p.registration && v.Binding == metadata.BindingLoose:
		return false
	case b.Metadata != "" && (b.Metadata != p.metadata || b.Thumbprint != v.Thumbprint()):
		return false
	case b.Metadata == "" && b.Thumbprint != v.Thumbprint() && !slices.Contains(v.Line().Keys, b.Thumbprint):
		return false
	}
	return !slices.ContainsFunc(b.Passed, func(c verify.Check) bool { return !v.Passed(c) })
}

// checksWith lists the checks that came to a status, sorted.
func checksWith(v *verify.Verdict, status verify.Status) []verify.Check {
	list := []verify.Check{}
	for _, f := range v.Findings {
		if found, _ := v.Finding(f.Check); found.Status == status { // of several, what the check came to
			list = append(list, f.Check)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// digestClient digests metadata but for what changes nothing of whom a person
// accepts: contacts, the statement, which has its own digest, and the ports of
// loopback. Lists are sets.
func digestClient(c metadata.Client) string {
	c = c.WithDefaults()
	c.Contacts, c.SoftwareStatement = nil, ""
	redirects := make([]string, 0, len(c.RedirectURIs))
	for _, s := range c.RedirectURIs {
		if r, err := metadata.ParseRedirectURI(s); err == nil {
			s = r.Canonical()
		}
		redirects = append(redirects, s)
	}
	scopes := c.Scopes()
	c.RedirectURIs, c.GrantTypes, c.ResponseTypes = sorted(redirects), sorted(c.GrantTypes), sorted(c.ResponseTypes)
	c.Scope = strings.Join(sorted(scopes), " ")
	data, err := c.MarshalJSON()
	if err != nil {
		return "" // which meets nothing
	}
	return digestOf(data)
}

// sorted returns a list without what is twice, sorted.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
