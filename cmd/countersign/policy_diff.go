package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

type policyDiffFlags struct {
	operatorFlags
	decisions  string
	since      string
	embedded   bool
	failOnLoss bool
}

func policyDiffCommand() *cobra.Command {
	var f policyDiffFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show what a policy would change for the clients that came",
		Long: `Replay the recorded decisions through two policies, and say which software rises or
falls in tier, and what the rest gains or loses: scopes, classes of tools, lifetimes,
refresh tokens. A policy is a file, current for the one that decides, the digest of one
that did, or the name of a built-in one, such as standard. With --embedded it is the
one that decides against the built-in one of its name: what an upgrade brings.

The decisions are those of the service, and where none runs, those that it keeps; or
those in a file, as countersign export decisions writes them. Dry runs are left out.
What was found of a client, and what people had said of it, is taken as it was then.
From where clients came is not recorded: rules on networks hold for nobody here.

Exit status: 0 compared; 1 a policy or the file is wrong, or with --fail-on-loss
something falls or loses; 2 the command line is wrong; 3 they were not compared.`,
		Example: `  countersign policy diff current new.yaml --data /var/lib/countersign
  countersign policy diff current new.yaml --since 30d --fail-on-loss --server https://trust.example --api-key env:API_KEY
  countersign policy diff --embedded --data /var/lib/countersign`,
		Args: func(c *cobra.Command, args []string) error {
			if f.embedded {
				return cobra.NoArgs(c, args)
			}
			return cobra.ExactArgs(2)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error { return runPolicyDiff(c, &f, args) },
	}
	f.add(c)
	flags := c.Flags()
	flags.StringVar(&f.decisions, "decisions", "", "replay the decisions in `FILE|-`, one JSON object a line")
	flags.StringVar(&f.since, "since", "", "replay what was decided since `TIME`: a time, a day, or how long ago, as 7d; by default everything")
	flags.BoolVar(&f.embedded, "embedded", false, "compare the policy that decides with the built-in one of its name")
	flags.BoolVar(&f.failOnLoss, "fail-on-loss", false, "exit 1 where something falls or loses")
	return c
}

func runPolicyDiff(c *cobra.Command, f *policyDiffFlags, args []string) error {
	since, err := parseSince(f.since, testOnlyNow())
	if err != nil {
		return err
	}
	if f.embedded {
		args = []string{currentPolicy, ""}
	}
	before, err := f.named(c, args[0])
	if err != nil {
		return err
	}
	if f.embedded {
		args[1] = before.Name()
		if _, ok := issuer.Builtin(args[1]); !ok {
			return fail(fmt.Errorf("no built-in policy has the name %.100q of the one that decides", args[1]), command("policy", "diff", "current", "standard")+" compares with another one")
		}
	}
	after, err := f.named(c, args[1])
	if err != nil {
		return err
	}
	compared := issuer.Compare(before, after)
	shown := newProgress(c.ErrOrStderr(), testOnlyNow)
	each := func(d issuer.Decision, part float64) error {
		if !d.At.Before(since) {
			compared.Add(d)
			shown.step(part)
		}
		return nil
	}
	switch {
	case before.Digest() == after.Digest(): // nothing can change
	case f.decisions != "":
		err = readDecisions(c, f.decisions, each)
	default:
		err = f.walk(c, since, each)
	}
	shown.end()
	if err != nil {
		return err
	}
	if f.json {
		writeJSON(c.OutOrStdout(), comparisonJSON(compared))
	} else {
		printComparison(c.OutOrStdout(), compared)
	}
	if f.failOnLoss && compared.Falls+compared.Loses > 0 {
		return &exitError{code: exitRejected}
	}
	return nil
}

// named returns the policy that a word of the command line names.
func (f *policyDiffFlags) named(c *cobra.Command, word string) (*issuer.Policy, error) {
	if p, ok := issuer.Builtin(word); ok {
		return p, nil
	}
	if word != currentPolicy && !policyDigest.MatchString(word) {
		p, err := issuer.LoadPolicy(word)
		if err != nil {
			return nil, &exitError{code: exitRejected, err: err, hint: "a policy is a file, current, a digest, or the name of a built-in one"}
		}
		return p, nil
	}
	shown, err := f.policy(c, word)
	if err != nil {
		return nil, err
	}
	p, err := issuer.ParsePolicy([]byte(shown.Source))
	if err != nil {
		return nil, fail(fmt.Errorf("the policy %s: %w", shown.Digest, err), "it is of another version of countersign: name a file in its place")
	}
	return p, nil
}

// parseSince reads a time as people write it; zero where there is none.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	const day = 24 * time.Hour
	if days, err := strconv.Atoi(strings.TrimSuffix(text, "d")); err == nil && strings.HasSuffix(text, "d") && days > 0 && days < 36500 {
		return now.Add(-time.Duration(days) * day), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, &usageError{fmt.Errorf("--since %.100q is no time such as 2026-03-01T09:00:00Z, 2026-03-01, 36h or 7d", text)}
}

// walk gives all decisions since a time in their order, with which part of the
// time is behind each.
func (f *operatorFlags) walk(c *cobra.Command, since time.Time, each func(issuer.Decision, float64) error) (err error) {
	service, release, err := f.service.operatorClient(c.Context(), c.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	place, began, now := issuer.Place{At: since}, time.Time{}, testOnlyNow()
	for {
		page, err := service.decisions(c.Context(), place)
		if err != nil {
			return failed("the decisions were not read", err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, d := range page {
			if began.IsZero() {
				began = d.At
			}
			if err := each(d, float64(d.At.Sub(began))/float64(max(now.Sub(began), 1))); err != nil {
				return err
			}
			place = issuer.PlaceOf(d)
		}
	}
}

// decisions reads one page.
func (c *client) decisions(ctx context.Context, after issuer.Place) ([]issuer.Decision, error) {
	const atOnce = "?limit=1000"
	path := decisionsPath + atOnce + "&after=" + after.ID
	if !after.At.IsZero() {
		path += "&since=" + after.At.UTC().Format("2006-01-02T15:04:05Z")
	}
	answer, err := c.call(ctx, http.MethodGet, path, nil)
	for refused := (*refusedError)(nil); errors.As(err, &refused) && refused.status == http.StatusTooManyRequests && ctx.Err() == nil; {
		time.Sleep(time.Second) // what the rate of a key allows is soon more
		answer, err = c.call(ctx, http.MethodGet, path, nil)
	}
	if err != nil {
		return nil, err
	}
	var page struct {
		Decisions []issuer.Decision `json:"decisions"`
	}
	if err := json.Unmarshal(answer, &page); err != nil {
		return nil, fail(fmt.Errorf("the service's answer cannot be read: %w", err), notOursHint)
	}
	return page.Decisions, nil
}

// readDecisions gives the decisions in a file, one a line, with which part of the
// file is behind each.
func readDecisions(c *cobra.Command, name string, each func(issuer.Decision, float64) error) error {
	in, size := c.InOrStdin(), int64(0)
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return fail(fmt.Errorf("reading the decisions: %w", err), "")
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
		in = file
	}
	decoder := json.NewDecoder(in)
	for n := 1; ; n++ {
		if err := c.Context().Err(); err != nil {
			return err
		}
		var d issuer.Decision
		switch err := decoder.Decode(&d); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &exitError{code: exitRejected, err: fmt.Errorf("decision %d in %q: %w", n, name, err)}
		case d.ID == "":
			return &exitError{code: exitRejected, err: fmt.Errorf("decision %d in %q: it has no id", n, name)}
		}
		if err := each(d, float64(decoder.InputOffset())/float64(max(size, decoder.InputOffset()))); err != nil {
			return err
		}
	}
}
