package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

const (
	defaultWait  = 10 * time.Minute
	longestWait  = 7 * 24 * time.Hour
	firstPause   = 2 * time.Second
	longestPause = 30 * time.Second
)

// A waitFlag is how long to look again, if at all. It implements pflag.Value.
type waitFlag struct {
	set     bool
	atMost  time.Duration
	written string
}

// Set implements pflag.Value.
func (f *waitFlag) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > longestWait {
		return errors.New("is no time from 1s to 168h, such as 10m")
	}
	*f = waitFlag{true, d, text}
	return nil
}

// String implements pflag.Value.
func (f *waitFlag) String() string { return f.written }

// Type implements pflag.Value.
func (f *waitFlag) Type() string { return "duration" }

// until looks again until nothing is amiss or the time is over, and returns what
// it saw last. Pauses grow, so that a long wait asks name servers seldom.
func (f *waitFlag) until(c *cobra.Command, seen *sight, err error, look func() (*sight, error)) (*sight, error) {
	end := time.Now().Add(f.atMost)
	told := ""
	for pause := firstPause; err == nil && !seen.healthy(); pause = min(pause*3/2, longestPause) {
		left := time.Until(end)
		if left <= 0 {
			return seen, nil
		}
		if what := seen.amiss(); what != told {
			told = what
			fmt.Fprintf(c.ErrOrStderr(), "waiting, until %s at the latest: %s\n", end.UTC().Format("15:04:05 MST"), printable(what))
		}
		select {
		case <-c.Context().Done():
			return nil, fmt.Errorf("waiting for %s: %w", seen.publisher.Domain(), context.Cause(c.Context()))
		case <-time.After(min(pause, left)):
		}
		seen, err = look()
	}
	return seen, err
}

func (s *sight) healthy() bool { return len(s.diagnoses) == 0 && len(s.unreached) == 0 }

// amiss says in one line what keeps the publisher from being healthy.
func (s *sight) amiss() string {
	if len(s.diagnoses) == 0 {
		return s.unreached[0]
	}
	text := s.diagnoses[0].Line
	if more := len(s.diagnoses) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}
