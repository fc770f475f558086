package main

import (
	"fmt"
	"io"

	"github.com/fc28f635/countersign/attest"
)

// steps are what a command made and kept, in order.
type steps struct {
	lines   []string
	changed bool
}

func (s *steps) add(changed bool, format string, args ...any) {
	verb := "kept   "
	if changed {
		verb, s.changed = "made   ", true
	}
	s.lines = append(s.lines, verb+fmt.Sprintf(format, args...))
}

func (s *steps) print(w io.Writer) {
	for _, line := range s.lines {
		fmt.Fprintln(w, printable(line))
	}
	if !s.changed {
		fmt.Fprintln(w, "Nothing changed.")
	}
}

// recordForms returns a key record in the three forms that people are asked for,
// the web form being the one for zone.
func recordForms(r attest.DNSRecord, zone string) string {
	return fmt.Sprintf("name in a web form  %s    (in the form for %s)\nfull name           %s\ntext                %s\nzone file line      %s",
		r.FormName(zone), zone, r.FullName(), r.Text(), r.ZoneLine())
}
