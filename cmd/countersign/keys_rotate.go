package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/strictjson"
)

// defaultOverlap is how long a new countersigning key is announced before it
// signs: consumers keep a JWK set for a day at most.
const defaultOverlap = 24 * time.Hour

type rotateFlags struct {
	data             string
	overlap          time.Duration
	now, compromised bool
	status, json     bool
}

func keysRotateCommand() *cobra.Command {
	var f rotateFlags
	c := &cobra.Command{
		Use:   "rotate --data DIR",
		Short: "Replace the key with which a service countersigns (for operators)",
		Long: `Make a new countersigning key in a service's data directory. The new key is in
/.well-known/jwks.json at once and signs after the overlap, when every consumer
has read it there. The old one stays published for two hours after it last
signed: its last statement ends within one.

A running service takes up the change at its next use of a key; it needs neither
a restart nor a signal.

With --compromised the new key signs at once, and every other key is dropped from
the set at once and deleted. What was signed with them verifies no longer with
any consumer that reads the set again.

Exit status: 0 done, 2 the command line is wrong, 3 the command could not do its
work.`,
		Example: `  countersign keys rotate --data /var/lib/countersign
  countersign keys rotate --data /var/lib/countersign --status
  countersign keys rotate --data /var/lib/countersign --compromised`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := onlyOneOf(c, "now", "compromised", "status", "overlap"); err != nil {
				return err
			}
			return f.run(c)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "the service's data `DIR`")
	flags.DurationVar(&f.overlap, "overlap", defaultOverlap, "announce the new key for so long before it signs")
	flags.BoolVar(&f.now, "now", false, "sign with the new key at once; with the announced one where there is one")
	flags.BoolVar(&f.compromised, "compromised", false, "sign with a new key at once, and drop and delete all others")
	flags.BoolVar(&f.status, "status", false, "show the keys and change nothing")
	flags.BoolVar(&f.json, "json", false, "print as JSON")
	return c
}

// onlyOneOf refuses two flags of which each says what to do.
func onlyOneOf(c *cobra.Command, names ...string) error {
	given := ""
	for _, name := range names {
		if !c.Flags().Changed(name) {
			continue
		}
		if given != "" {
			return &usageError{fmt.Errorf("--%s and --%s exclude each other", given, name)}
		}
		given = name
	}
	return nil
}

func (f rotateFlags) run(c *cobra.Command) error {
	switch {
	case f.data == "":
		return &usageError{errors.New("--data DIR is missing: the service's keys are there")}
	case f.overlap < 0 || f.overlap > 30*24*time.Hour:
		return &usageError{fmt.Errorf("--overlap %s is not between 0s and 720h", f.overlap)}
	}
	if !hasCountersigning(f.data) {
		return fail(fmt.Errorf("no countersigning key in %q", f.data), "serve --issuer makes it at its first start")
	}
	if !f.status {
		release, err := lockRotation(f.data)
		if err != nil {
			return fail(err, "")
		}
		defer release()
	}
	now := testOnlyNow().UTC().Truncate(time.Second)
	s, err := currentSchedule(f.data)
	if err != nil && !f.compromised {
		return fail(err, "--compromised replaces all keys, whatever there is")
	}
	var removed []string
	if !f.status {
		if s, removed, err = f.rotate(s, now); err != nil {
			return err
		}
	}
	for _, file := range removed {
		if err := os.Remove(filepath.Join(f.data, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(c.ErrOrStderr(), "countersign: warning: %s\n", printable(fmt.Sprintf("delete the old key by hand: %v", err)))
		}
	}
	if f.json {
		writeJSON(c.OutOrStdout(), map[string]any{"keys": s.listing(now)})
		return nil
	}
	s.print(c.OutOrStdout(), now)
	f.tellNext(c.OutOrStdout(), s, now)
	return nil
}

func hasCountersigning(dir string) bool {
	return slices.ContainsFunc([]string{scheduleFile, countersigningFile}, func(name string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	})
}

// rotate writes the next schedule, and returns it with the key files that it
// has no longer. The key is on the disk before the schedule that names it.
func (f rotateFlags) rotate(s schedule, now time.Time) (next schedule, removed []string, err error) {
	waiting := !f.compromised && s.announced(now)
	switch {
	case waiting && !f.now:
		return s, nil, fail(fmt.Errorf("a rotation is under way: key %s signs from %s", s.last().KeyID, clock(s.last().SignsFrom)), "--now switches to it at once")
	case waiting:
		next = s.switched(now)
	default:
		made, err := makeCountersigning(f.data, "")
		if err != nil {
			return s, nil, err
		}
		if err := giveToOwner(filepath.Join(f.data, made.File), f.data); err != nil {
			return s, nil, err
		}
		made.SignsFrom = now
		if !f.now && !f.compromised {
			made.SignsFrom = now.Add(f.overlap)
		}
		if f.compromised {
			next = schedule{Keys: []scheduledKey{made}}
		} else {
			next = s.with(made, now)
		}
	}
	data, err := strictjson.Encode(next, true)
	if err != nil {
		return s, nil, err
	}
	path := filepath.Join(f.data, scheduleFile)
	if err := writePrivate(path, append(data, '\n')); err != nil {
		return s, nil, err
	}
	if err := giveToOwner(path, f.data); err != nil {
		return s, nil, err
	}
	return next, f.unnamed(s, next), nil
}

// unnamed returns the key files that the next schedule names no longer: all
// others where keys were compromised, else those of the schedule before.
func (f rotateFlags) unnamed(before, next schedule) (files []string) {
	if f.compromised {
		found, _ := filepath.Glob(filepath.Join(f.data, "countersign*.pem")) // the pattern is well formed
		for _, path := range found {
			files = append(files, filepath.Base(path))
		}
	} else {
		for _, k := range before.Keys {
			files = append(files, k.File)
		}
	}
	return slices.DeleteFunc(files, func(file string) bool {
		return slices.ContainsFunc(next.Keys, func(k scheduledKey) bool { return k.File == file })
	})
}

type listedCountersigning struct {
	scheduledKey
	State string `json:"state"` // signs, announced or retired
}

func (s schedule) listing(now time.Time) []listedCountersigning {
	listed := []listedCountersigning{}
	for i, k := range s.at(now) {
		state := "retired"
		switch {
		case i == 0:
			state = "signs"
		case k.waits(now):
			state = "announced"
		}
		listed = append(listed, listedCountersigning{k, state})
	}
	return listed
}

func (s schedule) print(w io.Writer, now time.Time) {
	for _, k := range s.listing(now) {
		line := k.KeyID + "  " + k.State
		if k.State == "announced" {
			line += ", signs from " + clock(k.SignsFrom)
		}
		if !k.PublishedUntil.IsZero() {
			line += ", published until " + clock(k.PublishedUntil)
		}
		fmt.Fprintln(w, printable(line))
	}
}

// tellNext says what follows for consumers.
func (f rotateFlags) tellNext(w io.Writer, s schedule, now time.Time) {
	switch {
	case f.status:
		return
	case f.compromised:
		fmt.Fprintln(w, "\nTell every consumer to read /.well-known/jwks.json again now, and restart what keeps the old set.\nUntil then it takes what the old key signed. See docs/runbook-countersigning-key.md.")
	case s.announced(now):
		fmt.Fprintln(w, "\nConsumers that read /.well-known/jwks.json once a day need nothing. Where the keys are in their\nconfiguration, add the announced one before it signs.")
	default:
		fmt.Fprintln(w, "\nConsumers that do not read /.well-known/jwks.json again for an unknown kid refuse new statements until they do.")
	}
}
