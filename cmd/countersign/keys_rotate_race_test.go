package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// A rotation that was under way brings no key back that was compromised: of two
// at once, one sees what the other did.
func TestKeysRotateAtOnce(t *testing.T) {
	if runtime.GOOS == "windows" { // where nothing keeps them apart
		return
	}
	r := newRotation(t)
	for range 20 {
		before, err := currentSchedule(r.cfg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		for _, how := range []string{"--now", "--compromised"} {
			both.Go(func() {
				var said bytes.Buffer
				if code := run(t.Context(), []string{"keys", "rotate", "--data", r.cfg.Dir, how}, nil, &said, &said); code != exitOK {
					t.Errorf("%s: exit %d\n%s", how, code, &said)
				}
			})
		}
		both.Wait()
		after, err := currentSchedule(r.cfg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range after.Keys {
			if _, err := os.Stat(filepath.Join(r.cfg.Dir, k.File)); err != nil {
				t.Errorf("the schedule names a key that is gone: %v", err)
			}
			for _, old := range before.Keys {
				if k.KeyID == old.KeyID {
					t.Errorf("key %s was compromised, and is published until %s", k.KeyID, k.PublishedUntil)
				}
			}
		}
		if t.Failed() {
			return
		}
	}
}
