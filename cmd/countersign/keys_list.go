package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

func keysListCommand() *cobra.Command {
	var f ringFlags
	c := &cobra.Command{
		Use:   "list DOMAIN",
		Short: "List a publisher's keys, and what the journal says they signed",
		Long: `List a publisher's keys as this machine knows them: the state of each, and what
the journal says that it signed and until when that lives. What a key signed
before there was a journal, or on another machine, is not in it.

States: active (it signs), new (it waits beside one that signs), standby (its
private part is kept elsewhere), retired, lost, stolen.

Exit status: 0 listed, 2 the command line is wrong, 3 the command could not do
its work.`,
		Example: `  countersign keys list acme.example
  countersign keys list acme.example --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := f.open(args[0])
			if err != nil {
				return err
			}
			r.warn(c.ErrOrStderr())
			if f.json {
				writeJSON(c.OutOrStdout(), r.listing(testOnlyNow()))
			} else {
				r.print(c.OutOrStdout(), testOnlyNow())
			}
			return nil
		},
	}
	f.add(c)
	return c
}

// warn says what of the journal cannot be read.
func (r *keyring) warn(stderr io.Writer) {
	for _, line := range r.damaged {
		fmt.Fprintf(stderr, "countersign: warning: %s\n", printable(fmt.Sprintf("line %d of %q cannot be read: what it said is unknown", line, r.journal.Path())))
	}
}

type listedKey struct {
	KeyID      string           `json:"kid"`
	State      keyState         `json:"state"`
	Type       metadata.KeyType `json:"type,omitempty"`
	Thumbprint string           `json:"thumbprint,omitempty"`
	Made       time.Time        `json:"made"`
	Announced  time.Time        `json:"announced"`
	Record     string           `json:"record,omitempty"`
	File       string           `json:"file,omitempty"`
	Signed     []listedSigned   `json:"signed"`
}

type listedSigned struct {
	attest.Event
	Lives bool `json:"lives"`
}

type listing struct {
	Domain  string      `json:"domain"`
	Journal string      `json:"journal"`
	Damaged []int       `json:"damaged_lines,omitempty"`
	Keys    []listedKey `json:"keys"`
}

func (r *keyring) listing(now time.Time) listing {
	l := listing{Domain: r.publisher.Domain(), Journal: r.journal.Path(), Damaged: r.damaged, Keys: []listedKey{}}
	for _, k := range r.keys {
		listed := listedKey{KeyID: k.id, State: k.state, Made: k.made, Announced: k.announced, File: k.file, Signed: []listedSigned{}}
		listed.Thumbprint, listed.Type = k.thumbprint()
		if record, ok := k.record(); ok {
			listed.Record = record.String()
		}
		for _, e := range k.signed {
			listed.Signed = append(listed.Signed, listedSigned{e, now.Unix() < e.ExpiresAt})
		}
		l.Keys = append(l.Keys, listed)
	}
	return l
}

func (r *keyring) print(w io.Writer, now time.Time) {
	if len(r.keys) == 0 {
		fmt.Fprintf(w, "%s: no key in %s\n", r.publisher.Domain(), printable(r.home()))
		return
	}
	for _, k := range r.keys {
		thumbprint, t := k.thumbprint()
		if t == "" {
			t, thumbprint = "-", "not known: the key is encrypted, or not here"
		}
		fmt.Fprintf(w, "%-8s %-8s %-8s made %s\n", printable(k.id), k.state, t, clock(k.made))
		fmt.Fprintf(w, "         thumbprint  %s\n", thumbprint)
		living := k.living(now)
		switch {
		case len(k.signed) == 0 && k.inJournal:
			fmt.Fprintln(w, "         signed      nothing")
		case len(k.signed) == 0:
			fmt.Fprintln(w, "         signed      not known: it was made before the journal")
		case len(living) == 0:
			fmt.Fprintf(w, "         signed      %d, none of which lives\n", len(k.signed))
		default:
			fmt.Fprintf(w, "         signed      %d, of which %d live, the last until %s\n", len(k.signed), len(living), clock(lastEnd(living)))
		}
		for _, e := range living {
			fmt.Fprintf(w, "         lives until %s  %s  %s\n", clock(time.Unix(e.ExpiresAt, 0)), e.Digest[:min(len(e.Digest), 19)], printable(nameOf(e)))
		}
	}
}

// lastEnd returns when the last of statements, sorted by their end, ends.
func lastEnd(living []attest.Event) time.Time {
	return time.Unix(living[len(living)-1].ExpiresAt, 0).UTC()
}

// nameOf names what a statement was for.
func nameOf(e attest.Event) string {
	if e.ClientID != "" {
		return e.ClientID
	}
	return e.SoftwareID
}

// clock writes a time for people.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }
