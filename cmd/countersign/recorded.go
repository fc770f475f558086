package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

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
