package metadata

import (
	"strconv"
	"strings"
)

// A ReasonError is one defect of an input, under the reason that it is refused
// with. Its text is for people who may see the input: the publisher or the
// operator, not an anonymous caller, who gets [Problem.Sentence].
type ReasonError struct {
	Reason Reason
	Member string // the member, claim or tag at fault; empty where none is
	Detail string // what is wrong, lower case, without period
}

// Error implements error.
func (e *ReasonError) Error() string {
	text := string(e.Reason)
	if e.Member != "" {
		text += ": " + e.Member
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Defects are all defects that one stage found, in the order of its checks. A
// function that returns them as an error never returns an empty list.
type Defects []*ReasonError

// Error implements error with the text of the first defect and the number of
// the others.
func (d Defects) Error() string {
	if len(d) == 0 {
		return "no defects"
	}
	if len(d) == 1 {
		return d[0].Error()
	}
	return d[0].Error() + " (and " + strconv.Itoa(len(d)-1) + " more)"
}

// Unwrap lets errors.As find each defect.
func (d Defects) Unwrap() []error {
	errs := make([]error, len(d))
	for i, e := range d {
		errs[i] = e
	}
	return errs
}

// orNil returns d as an error, nil where it is empty.
func (d Defects) orNil() error {
	if len(d) == 0 {
		return nil
	}
	return d
}

func (d *Defects) add(r Reason, member, detail string) {
	*d = append(*d, &ReasonError{Reason: r, Member: member, Detail: detail})
}

// quote shows what a stranger wrote: quoted, and cut at 100 bytes.
func quote(s string) string {
	const longest = 100
	if len(s) > longest {
		return strconv.Quote(strings.ToValidUTF8(s[:longest], "�")) + "…"
	}
	return strconv.Quote(s)
}
