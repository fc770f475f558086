package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A procedure is what a keys command did, what it costs, and what a person does
// next, in order.
type procedure struct {
	Domain     string     `json:"domain"`
	KeyID      string     `json:"kid"`
	State      keyState   `json:"state"`
	Thumbprint string     `json:"thumbprint,omitempty"`
	SignsFrom  *time.Time `json:"signs_from,omitempty"`
	Successor  string     `json:"successor,omitempty"` // the kid to go on with
	Done       []string   `json:"done"`
	Costs      []string   `json:"costs,omitempty"`
	Steps      []keyStep  `json:"steps"`
}

// A keyStep is one thing to do, and what verifiers answer once it is done.
type keyStep struct {
	Do       string        `json:"do"`
	Commands []string      `json:"commands,omitempty"`
	Add      *stepRecord   `json:"add,omitempty"`
	Delete   *stepRecord   `json:"delete,omitempty"`
	Seen     []consequence `json:"seen,omitempty"`
}

// A consequence is what verifiers answer, and to which statements.
type consequence struct {
	To     string `json:"to"`
	Answer string `json:"answer"`
}

// stepRecord is a key record in the forms that people are asked for.
type stepRecord struct {
	Name     string `json:"name"`
	FormName string `json:"form_name"`
	Text     string `json:"text"`
	ZoneLine string `json:"zone_line"`
	forms    string
}

func newStepRecord(p metadata.Publisher, key metadata.KeyRecord) *stepRecord {
	r := attest.DNSRecord{Publisher: p, Key: key}
	zone := p.RegistrableDomain()
	return &stepRecord{r.FullName(), r.FormName(zone), r.Text(), r.ZoneLine(), recordForms(r, zone)}
}

func newProcedure(r *keyring, k *ringKey, state keyState) *procedure {
	p := &procedure{Domain: r.publisher.Domain(), KeyID: k.id, State: state, Done: []string{}, Steps: []keyStep{}}
	p.Thumbprint, _ = k.thumbprint()
	return p
}

func (p *procedure) done(format string, args ...any) {
	p.Done = append(p.Done, fmt.Sprintf(format, args...))
}

func (p *procedure) cost(format string, args ...any) {
	p.Costs = append(p.Costs, fmt.Sprintf(format, args...))
}

// guess says that the times of two keys are those of a file: the machine that
// knew them is gone. Next is nil where there is no key to go on with.
func (p *procedure) guess(k, next *ringKey) {
	if next != nil && (k.guessed || next.guessed) {
		p.cost("this machine does not know since when %s and %s are published together, and counts from when the tree was written here. If it was for 24 h, %s signs as before, and there is nothing to wait for", k.id, next.id, next.id)
	}
}

func (p *procedure) step(s keyStep) { p.Steps = append(p.Steps, s) }

// tell prints the procedure for people, or as JSON.
func (p *procedure) tell(w io.Writer, asJSON bool) {
	if asJSON {
		writeJSON(w, p)
		return
	}
	for _, line := range p.Done {
		fmt.Fprintln(w, printable(line))
	}
	if len(p.Costs) > 0 {
		fmt.Fprintln(w, "\nWhat it costs")
	}
	for _, line := range p.Costs {
		printIndented(w, "  ", "- "+line)
	}
	if len(p.Steps) > 0 {
		fmt.Fprintln(w, "\nNext")
	}
	for i, s := range p.Steps {
		fmt.Fprintf(w, "  %d. %s\n", i+1, strings.ReplaceAll(printable(s.Do), "\n", "\n     "))
		for _, command := range s.Commands {
			printIndented(w, "       ", command)
		}
		if s.Delete != nil {
			printIndented(w, "       ", "delete   "+s.Delete.ZoneLine)
		}
		if s.Add != nil {
			printIndented(w, "       ", s.Add.forms)
		}
		for _, c := range s.Seen {
			printIndented(w, "     ", "verifiers then answer, to "+c.To+": "+c.Answer)
		}
	}
}

// What verifiers answer. The rehearsal in keys_road_test.go holds each against
// a verifier that looks.
const (
	answersSigned   = "signed, as before: approvals and consent stay"
	answersNewLine  = "domain, with key_line_new, for 72 h or until an operator confirms it; approvals do not count meanwhile"
	answersRevoked  = "denied at once, with key_revoked"
	answersSuspends = "nothing new is trusted and nothing is revoked (503), until the publisher document or a second resolver agrees"
	answersUnknown  = "denied, with key_unknown"
	answersNothing  = "as before: nothing is published yet"
)

// uploadStep says how the tree gets to where verifiers look.
func uploadStep(p metadata.Publisher, dir string) string {
	return "upload what is in " + filepath.Join(dir, siteDir) + " to " + p.String() + "/"
}

// within is how long verifiers may go on by what they saw before.
var within = fmt.Sprintf("verifiers look again after the TTL of the record, at the latest after %d minutes", int(limits.EvidenceFresh.Minutes()))
