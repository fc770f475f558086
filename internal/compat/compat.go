// Package compat says what other authorization servers make of a metadata
// document. Call [Look].
//
// What it knows of each of them is in peers.json, with the page and the day, or
// with the fixture that reproduces it. What a document has decides which of that
// concerns it. Nobody is asked.
package compat

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// An Answer is what a server does with a part of a document, in one word.
type Answer string

// The answers to whether a part works.
const (
	Yes      Answer = "yes"
	If       Answer = "if"      // under the condition that the text states
	Part     Answer = "part"    // some of it does
	Unknown  Answer = "?"       // nobody says
	No       Answer = "no"      // it does not
	Ignored  Answer = "ignored" // it is there, and nothing looks at it
	NotThere Answer = "none"    // the document has no such part
)

// A Row is what one server makes of the document.
type Row struct {
	Server  string `json:"server"`
	Version string `json:"version"`

	Reads     Cell `json:"reads"`              // does it take the URL of the document for a client_id?
	AsIs      Cell `json:"as_is"`              // does it take this document as it is?
	Statement Cell `json:"software_statement"` // what does it do with the statement?
	Redirects Cell `json:"redirect_uris"`
	Size      Cell `json:"size"`
	Auth      Cell `json:"token_endpoint_auth_method"`

	// Change says what to change in client.json for it, if anything.
	Change []string `json:"change"`
}

// A Cell is an answer and why it is that.
type Cell struct {
	Answer  Answer   `json:"answer"`
	Reasons []Reason `json:"reasons"`
}

// A Reason is what a server does, and whence that is known.
type Reason struct {
	Text    string `json:"text"`
	Basis   string `json:"basis"`             // [Tried], [Documented] or [Neither]
	Fixture string `json:"fixture,omitempty"` // the answers, in the repository, of what was tried
	Source  string `json:"source,omitempty"`  // the page, of what was not
	Date    string `json:"date"`              // when it was tried or read
}

// Whence something is known.
const (
	Tried      = "tried"
	Documented = "documented, not tried"
	Neither    = "not tried, and not documented"
)

// String says the reason and whence it is known, for people.
func (r Reason) String() string {
	return fmt.Sprintf("%s (%s: %s, %s)", r.Text, r.Basis, cmp.Or(r.Fixture, r.Source), r.Date)
}

func (f fact) reason() Reason {
	basis := Documented
	switch {
	case f.Fixture != "":
		basis = Tried
	case f.Answer == Unknown:
		basis = Neither
	}
	return Reason{Text: f.Text, Basis: basis, Fixture: f.Fixture, Source: f.Source, Date: f.Date}
}

// Look says what each server makes of a document of so many bytes.
func Look(d metadata.Document, bytes int) []Row {
	rows := make([]Row, 0, len(peers))
	for i := range peers {
		rows = append(rows, peers[i].look(d, bytes))
	}
	return rows
}

func (p *peer) look(d metadata.Document, bytes int) Row {
	row := Row{Server: p.Name, Version: p.Version, Change: []string{}}
	row.Reads = row.cell(p.Reads)
	row.Redirects = row.cell(p.redirects(d.Client.RedirectURIs)...)
	row.Size = row.cell(p.size(d.ID, bytes))
	row.Auth = row.cell(p.auth(d.Client))
	row.Statement = Cell{Answer: NotThere, Reasons: []Reason{}}
	if d.Client.SoftwareStatement != "" {
		row.Statement = row.cell(p.Statement)
	}
	row.AsIs = row.asIs()
	if p.Scope.Answer != "" && d.Client.Scope == "" {
		row.AsIs.Reasons = append(row.AsIs.Reasons, row.cell(p.Scope).Reasons...)
	}
	return row
}

// cell makes a cell of facts, and keeps what they say to change.
func (row *Row) cell(facts ...fact) Cell {
	c := Cell{Answer: facts[0].Answer, Reasons: []Reason{}}
	for _, f := range facts {
		reason := f.reason()
		if !slices.Contains(c.Reasons, reason) {
			c.Reasons = append(c.Reasons, reason)
		}
		if f.Change != "" && !slices.Contains(row.Change, f.Change) {
			row.Change = append(row.Change, f.Change)
		}
		if f.Answer != c.Answer {
			c.Answer = combine(c.Answer, f.Answer)
		}
	}
	return c
}

// combine is the answer for two parts with different ones.
func combine(a, b Answer) Answer {
	if a == No || b == No || a == Part || b == Part {
		return Part
	}
	if a == Unknown || b == Unknown {
		return Unknown
	}
	return If
}

// asIs is the weakest answer of the parts that decide.
func (row *Row) asIs() Cell {
	weakest := Cell{Answer: Yes, Reasons: []Reason{}}
	order := []Answer{No, Part, Unknown, If, Yes}
	for _, c := range []Cell{row.Reads, row.Redirects, row.Size, row.Auth} {
		if slices.Index(order, c.Answer) < slices.Index(order, weakest.Answer) {
			weakest = c
		}
	}
	return Cell{weakest.Answer, slices.Clone(weakest.Reasons)}
}

// redirects returns a fact for each kind of redirect URI that the document has.
func (p *peer) redirects(uris []string) []fact {
	var facts []fact
	var kinds []string
	for _, uri := range uris {
		kind := kindOf(uri)
		if slices.Contains(kinds, kind) {
			continue
		}
		kinds = append(kinds, kind)
		facts = append(facts, p.know(p.Redirects, kind, uri))
	}
	if len(facts) == 0 {
		return []fact{p.know(p.Redirects, "", "no redirect URI")}
	}
	return facts
}

// know returns the fact about a kind, which then names what it is about.
func (p *peer) know(facts map[string]fact, kind, about string) fact {
	f, ok := facts[kind]
	if !ok {
		f = p.Otherwise
	}
	f.Text = strings.TrimSuffix(about+": "+f.Text, ": ")
	return f
}

// kindOf returns "web", "private", "ip" or "localhost", the latter two with
// "_port" where a port is stated, and "malformed" for what is no redirect URI.
func kindOf(uri string) string {
	r, err := metadata.ParseRedirectURI(uri)
	if err != nil {
		return "malformed"
	}
	kind := "ip"
	switch {
	case r.Class() == metadata.RedirectHTTPS:
		return "web"
	case r.Class() == metadata.RedirectPrivate:
		return "private"
	case r.Host() == "localhost":
		kind = "localhost"
	}
	if u, err := url.Parse(uri); err == nil && u.Port() != "" {
		kind += "_port"
	}
	return kind
}

// size compares the document with what is read.
func (p *peer) size(id metadata.ClientID, bytes int) fact {
	f := p.Size.fact
	switch {
	case p.Size.URLBytes > 0 && len(id.String()) > p.Size.URLBytes:
		f.Answer, f.Text = No, fmt.Sprintf("a URL of %d bytes, and %d are taken", len(id.String()), p.Size.URLBytes)
		f.Change = fmt.Sprintf("have a client_id of at most %d bytes", p.Size.URLBytes)
	case p.Size.Unbounded:
		f.Answer = Yes
	case p.Size.Bytes == 0:
		f.Answer = Unknown
	case bytes > p.Size.Bytes:
		f.Answer, f.Text = No, fmt.Sprintf("%d bytes, and %d are read", bytes, p.Size.Bytes)
		f.Change = fmt.Sprintf("leave out what is not needed, down to %d bytes", p.Size.Bytes)
	default:
		f.Answer, f.Text = Yes, strings.TrimSpace(fmt.Sprintf("%d bytes are read %s", p.Size.Bytes, f.Text))
	}
	return f
}

// auth returns what is known of the document's authentication method.
func (p *peer) auth(c metadata.Client) fact {
	method := c.TokenEndpointAuthMethod
	if _, ok := p.Auth[method+" jwks"]; ok && len(c.JWKS) > 0 {
		method += " jwks"
	}
	return p.know(p.Auth, method, cmp.Or(c.TokenEndpointAuthMethod, "no method"))
}
