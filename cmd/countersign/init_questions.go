package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

// asks reports whether init has somebody to ask.
func (f *initFlags) asks(c *cobra.Command) bool {
	_, ok := terminal(c.InOrStdin())
	return ok && !f.yes
}

// ask fills in what no flag says: the name, where users come back to, and where
// files are hosted. What is there from an earlier run is not asked again.
func (f *initFlags) ask(c *cobra.Command, p metadata.Publisher) error {
	q := questions{c.InOrStdin(), c.ErrOrStderr()}
	absent := func(name string) bool {
		_, err := os.Lstat(filepath.Join(f.dir, name))
		return err != nil
	}
	client := absent(clientFile)
	if client && f.name == "" {
		name, err := q.ask("What do people know your client by? Enter for "+p.Domain(), func(answer string) error {
			draft := *f
			draft.name, draft.redirectURIs = answer, nil
			_, err := draft.client(p)
			return err
		})
		if err != nil {
			return err
		}
		f.name = name
	}
	if client && len(f.redirectURIs) == 0 {
		uri, err := q.ask("Where do users come back to after they signed in? The URL of a web page of yours, or Enter for this machine", func(answer string) error {
			draft := *f
			if answer != "" {
				draft.redirectURIs = []string{answer}
			}
			_, err := draft.client(p)
			return err
		})
		if err != nil {
			return err
		}
		if uri != "" {
			f.redirectURIs = []string{uri}
		}
	}
	if f.host == "" && absent(hostingFile) {
		host, err := q.ask("Where are your files hosted? pages, s3, dir, or Enter for nowhere yet", func(answer string) error {
			if answer == "" {
				return nil
			}
			_, err := parseHosting(answer)
			return err
		})
		if err != nil {
			return err
		}
		f.host = host
	}
	return nil
}

// settleWWW says that the site is under another name, and asks which is meant.
// Where there is nobody to ask, it goes on with the one that was named.
func (f *initFlags) settleWWW(c *cobra.Command, p metadata.Publisher, around surroundings, asks bool) (metadata.Publisher, surroundings, error) {
	other := around.twin
	if other.IsZero() {
		return p, around, nil
	}
	fmt.Fprintf(c.ErrOrStderr(), "countersign: warning: https://%[1]s/ redirects to %[2]s: verifiers follow no redirect, and %[1]s and %[2]s are two publishers\n", p.Domain(), other.Domain())
	if !asks {
		fmt.Fprintf(c.ErrOrStderr(), "countersign: hint: if %s is meant: %s\n", other.Domain(), command("init", other.Domain(), "--dir", other.Domain()))
		return p, around, nil
	}
	q := questions{c.InOrStdin(), c.ErrOrStderr()}
	answer, err := q.ask("Which is meant? "+p.Domain()+", or Enter for "+other.Domain(), func(answer string) error {
		if answer != "" && answer != p.Domain() && answer != other.Domain() {
			return fmt.Errorf("%.100q is neither", answer)
		}
		return nil
	})
	if err != nil || answer == p.Domain() {
		return p, around, err
	}
	around.twin = metadata.Publisher{}
	return other, around, nil
}

// questions are asked on standard error and answered on standard input.
type questions struct {
	in  io.Reader
	out io.Writer
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 2048

// ask asks until check has nothing against the answer. An empty answer is one.
func (q questions) ask(question string, check func(answer string) error) (string, error) {
	for {
		fmt.Fprintf(q.out, "%s: ", question)
		answer, err := q.line()
		if err != nil {
			fmt.Fprintln(q.out)
			return "", fail(fmt.Errorf("asking: %w", err), "nothing was made; --yes asks nothing, and --help lists the flags that answer")
		}
		if err := check(answer); err != nil {
			fmt.Fprintf(q.out, "countersign: %s\n", printable(err.Error()))
			continue
		}
		return answer, nil
	}
}

// line reads one line and no byte more: what comes after it is for others.
func (q questions) line() (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < maxAnswer {
		n, err := q.in.Read(one)
		switch {
		case n > 0 && one[0] == '\n':
			return strings.TrimSpace(string(line)), nil
		case n > 0:
			line = append(line, one[0])
		case err != nil:
			return "", err
		}
	}
	return "", errors.New("the answer is too long")
}
