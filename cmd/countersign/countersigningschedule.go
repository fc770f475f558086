package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
)

const (
	// countersigningFile is the service's first key in its data directory.
	countersigningFile = "countersign.pem"

	// scheduleFile says which keys the service has, and when each signs. Without
	// it there is the first key only, which signs.
	scheduleFile = "countersign-keys.json"

	// keptPublished is how long a key stays published after it last signed: until
	// its last statement has ended, and as long again for clocks that differ.
	keptPublished = 2 * issuer.CountersignedFor
)

// A schedule is when the countersigning keys sign and are published. It holds at
// any time, so that nothing needs to run at the moment of a change. The key that
// signs from the latest time has no end.
type schedule struct {
	Keys []scheduledKey `json:"keys"`
}

// A scheduledKey is published until its end and signs from a time on, until
// another one does.
type scheduledKey struct {
	KeyID          string    `json:"kid"`
	File           string    `json:"file"` // in the data directory
	SignsFrom      time.Time `json:"signs_from"`
	PublishedUntil time.Time `json:"published_until,omitzero"` // zero: no end yet
}

// readSchedule reads the schedule of a data directory. The error is
// fs.ErrNotExist where there is none.
func readSchedule(dir string) (schedule, error) {
	var s schedule
	data, err := os.ReadFile(filepath.Join(dir, scheduleFile))
	if err != nil {
		return s, err
	}
	if err := strictjson.Decode(data, &s); err != nil {
		return s, err
	}
	return s, s.check()
}

// check reports what is wrong with a schedule that somebody edited.
func (s schedule) check() error {
	if len(s.Keys) == 0 {
		return errors.New("no keys")
	}
	seen := map[string]bool{}
	for _, k := range s.Keys {
		if seen[k.KeyID] || seen[k.File] {
			return fmt.Errorf("key %.100q is there twice", k.KeyID)
		}
		seen[k.KeyID], seen[k.File] = true, true
		if k.File != filepath.Base(k.File) || !strings.HasPrefix(k.File, "countersign") || !strings.HasSuffix(k.File, ".pem") {
			return fmt.Errorf("file %.100q is not countersign….pem in the data directory", k.File)
		}
	}
	if !s.last().PublishedUntil.IsZero() {
		return fmt.Errorf("key %.100q is the last that signs, and has an end", s.last().KeyID)
	}
	return nil
}

// last returns the key that signs from the latest time, the last made of two.
func (s schedule) last() *scheduledKey {
	last := &s.Keys[0]
	for i := range s.Keys {
		if !s.Keys[i].SignsFrom.Before(last.SignsFrom) {
			last = &s.Keys[i]
		}
	}
	return last
}

// living returns the keys that have not ended, in the order in which they were
// made.
func (s schedule) living(now time.Time) []scheduledKey {
	return slices.DeleteFunc(slices.Clone(s.Keys), func(k scheduledKey) bool { return k.ended(now) })
}

// at returns the keys that are published at a time, the one that signs first. Of
// two that sign from the same time it is the one that was made later.
func (s schedule) at(now time.Time) []scheduledKey {
	keys := s.living(now)
	slices.Reverse(keys)
	slices.SortStableFunc(keys, func(a, b scheduledKey) int {
		switch waits := a.waits(now); {
		case waits != b.waits(now) && waits:
			return 1
		case waits != b.waits(now):
			return -1
		case waits:
			return a.SignsFrom.Compare(b.SignsFrom)
		}
		return b.SignsFrom.Compare(a.SignsFrom)
	})
	return keys
}

// ended reports whether a key is published no longer.
func (k scheduledKey) ended(now time.Time) bool {
	return !k.PublishedUntil.IsZero() && !now.Before(k.PublishedUntil)
}

// waits reports whether a key is announced and does not sign yet.
func (k scheduledKey) waits(now time.Time) bool { return now.Before(k.SignsFrom) }

// announced reports whether a key waits for its turn.
func (s schedule) announced(now time.Time) bool { return s.last().waits(now) }

// with returns the schedule with one more key, which signs from a time on, and
// without those that have ended.
func (s schedule) with(k scheduledKey, now time.Time) schedule {
	next := schedule{Keys: append(s.living(now), k)}
	next.retire(k.SignsFrom)
	return next
}

// switched returns the schedule in which the key that was announced signs now.
func (s schedule) switched(now time.Time) schedule {
	next := schedule{Keys: s.living(now)}
	next.last().SignsFrom = now
	next.retire(now)
	return next
}

// retire ends the keys before the last, which sign until a time.
func (s schedule) retire(until time.Time) {
	last := s.last()
	for i := range s.Keys {
		k := &s.Keys[i]
		if end := until.Add(keptPublished); k != last && (k.PublishedUntil.IsZero() || k.PublishedUntil.After(end)) {
			k.PublishedUntil = end
		}
	}
}

// firstSchedule is that of a directory with the first key only.
func firstSchedule(dir string) (schedule, error) {
	key, err := loadCountersigning(dir, countersigningFile)
	if err != nil {
		return schedule{}, err
	}
	return schedule{Keys: []scheduledKey{{KeyID: key.KeyID, File: countersigningFile, SignsFrom: time.Unix(0, 0).UTC()}}}, nil
}

// currentSchedule is the schedule of a directory, written or not.
func currentSchedule(dir string) (schedule, error) {
	s, err := readSchedule(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return firstSchedule(dir)
	}
	if err != nil {
		return s, fmt.Errorf("reading the countersigning keys: %q: %w", scheduleFile, err)
	}
	return s, nil
}
