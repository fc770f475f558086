package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/user"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

// operatorFlags are those of all commands that say something for the operator,
// or list what was said.
type operatorFlags struct {
	service serverFlags
	json    bool
	word    issuer.Word // --actor and --reason, of commands that change something
}

// add adds the flags of a command that lists.
func (f *operatorFlags) add(c *cobra.Command) {
	f.service.add(c)
	c.Flags().Lookup("data").Usage = "ask the service that runs on `DIR`, over its socket; where none does, open what it keeps there"
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
}

// addWord adds the flags of a command that changes something.
func (f *operatorFlags) addWord(c *cobra.Command, reason string) {
	f.add(c)
	c.Flags().StringVar(&f.word.Actor, "actor", osUser(), "record that `NAME` does it")
	c.Flags().StringVar(&f.word.Reason, "reason", reason, "record `TEXT` as the reason")
}

// osUser names who runs the command, empty where the system does not say.
func osUser() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// checkWord refuses a command line that does not say who and why.
func (f *operatorFlags) checkWord() error {
	if f.word.Reason == "" {
		return &usageError{errors.New("--reason TEXT is missing: it is kept on record")}
	}
	if err := f.word.Check(); err != nil {
		return &usageError{err}
	}
	return nil
}

// ask asks the service, or where none runs its store, and reads the answer.
func (f *operatorFlags) ask(c *cobra.Command, what, method, path string, request, answer any) (err error) {
	service, release, err := f.service.operatorClient(c.Context(), c.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	service.actor = f.word.Actor
	var body []byte
	if request != nil {
		if body, err = json.Marshal(request); err != nil {
			return err
		}
	}
	data, err := service.call(c.Context(), method, path, body)
	if err != nil {
		return failed(what, err)
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fail(errors.New("the service's answer cannot be read"), notOursHint)
	}
	return nil
}

// post asks for a change, get for a list.
func (f *operatorFlags) post(c *cobra.Command, what, path string, request, answer any) error {
	return f.ask(c, what, http.MethodPost, path, request, answer)
}

func (f *operatorFlags) get(c *cobra.Command, path string, answer any) error {
	return f.ask(c, "the service did not say", http.MethodGet, path, nil, answer)
}

// addLimit adds the flag of a list that grows.
func addLimit(c *cobra.Command, limit *int) {
	c.Flags().IntVar(limit, "limit", limits.ListDefault, "list at most `N`")
}

// latest asks for the last entries of a list that grows.
func (f *operatorFlags) latest(c *cobra.Command, path string, limit int, answer any) error {
	if limit < 1 || limit > limits.ListLongest {
		return &usageError{fmt.Errorf("--limit %d is no number from 1 to %d", limit, limits.ListLongest)}
	}
	return f.get(c, path+"?limit="+strconv.Itoa(limit), answer)
}

// standing returns everything that operators said.
func (f *operatorFlags) standing(c *cobra.Command) (l issuer.Listing, err error) {
	return l, f.get(c, "/v1/standing", &l)
}

// end ends something, and says so.
func (f *operatorFlags) end(c *cobra.Command, what, path string, request any) error {
	if err := f.checkWord(); err != nil {
		return err
	}
	var answer json.RawMessage
	if err := f.post(c, "nothing was ended", path, request, &answer); err != nil {
		return hinted(err, http.StatusNotFound, "countersign acts has what was said, and what has ended already")
	}
	if f.json {
		writeJSON(c.OutOrStdout(), answer)
		return nil
	}
	fmt.Fprintln(c.OutOrStdout(), oneLine(what))
	return nil
}

// hinted adds a mend to what the service refused with a status. Other errors are
// as they were.
func hinted(err error, status int, hint string) error {
	var refused *refusedError
	if errors.As(err, &refused) && refused.status == status {
		return fail(err, hint)
	}
	return err
}

// parseUntil reads a time as people write it: RFC 3339, a day, or how long from
// now, as 36h or 7d.
func parseUntil(text string, now time.Time) (time.Time, error) {
	const day = 24 * time.Hour
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.UTC(), nil
	}
	if days, err := strconv.Atoi(strings.TrimSuffix(text, "d")); err == nil && strings.HasSuffix(text, "d") && days > 0 && days < 36500 {
		return now.Add(time.Duration(days) * day).UTC().Truncate(time.Second), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d).UTC().Truncate(time.Second), nil
	}
	return time.Time{}, &usageError{fmt.Errorf("--until %.100q is no time such as 2026-03-01T09:00:00Z, 2026-03-01, 36h or 7d", text)}
}

// A sheet prints lines of columns. What is in a cell may be a stranger's.
type sheet struct{ w *tabwriter.Writer }

func newSheet(w io.Writer, columns ...string) sheet {
	const apart = 2
	s := sheet{tabwriter.NewWriter(w, 0, 0, apart, ' ', 0)}
	s.line(columns...)
	return s
}

func (s sheet) line(cells ...string) {
	for i, cell := range cells {
		if cell == "" {
			cell = "-"
		}
		cells[i] = oneLine(cell)
	}
	fmt.Fprintln(s.w, strings.Join(cells, "\t"))
}

func (s sheet) print() { _ = s.w.Flush() }

// untilText says until when something holds, and whether that is over.
func untilText(until, now time.Time) string {
	if !now.Before(until) {
		return clock(until) + " (ended)"
	}
	return clock(until)
}

// byText says who said something, and why.
func byText(actor, reason string) string { return actor + ": " + reason }
