package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// killedDirectory is what a SIGKILL leaves of a store with a table and a log,
// and the ids of the decisions in it.
func killedDirectory(t *testing.T) (files map[string]file, ids []string) {
	t.Helper()
	c := small(t.TempDir())
	for range 2 {
		s := open(t, c)
		for range 60 {
			id := fmt.Sprint(len(ids))
			ids = append(ids, id)
			if err := s.Commit(t.Context(), childDecision(id)); err != nil {
				t.Fatal(err)
			}
		}
		files = snapshot(t, c.Dir)
		closeStore(t, s)
	}
	return files, ids
}

// content is what of the data is in the file, without zeros at its end.
func (f file) content() []byte {
	return bytes.TrimRight(f.data[:min(int64(len(f.data)), f.size)], "\x00")
}

// unchanged fails the test where a refused start has changed anything in a
// directory that held files. The lock file says who was here.
func unchanged(t *testing.T, dir string, files map[string]file) {
	t.Helper()
	want, got := maps.Clone(files), snapshot(t, dir)
	delete(want, lockFile)
	delete(got, lockFile)
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is new", name)
		}
	}
	for name, was := range want {
		is, ok := got[name]
		switch {
		case !ok:
			t.Errorf("%s is gone", name)
		case is.size != was.size || !bytes.Equal(is.data, was.content()):
			t.Errorf("%s was changed", name)
		}
	}
}

// T3: a start that is refused takes nothing away. What Badger would cut and
// remove when it opens the directory is there afterwards, so that mending the
// harm gives everything back.
func TestRefusedIsUnchanged(t *testing.T) {
	files, ids := killedDirectory(t)
	for _, c := range []struct {
		name, file, says string
		harm             func(*file)
	}{
		{"the manifest short of a byte", "MANIFEST", "MANIFEST does not name 000001.sst", func(f *file) { f.size-- }},
		{"the manifest cut to its first entry", "MANIFEST", "MANIFEST is cut off after byte 16", func(f *file) { f.size = 20 }},
		{"a bit of the log", "00001.mem", "the last acknowledged commit is number 121", func(f *file) { f.data[20_000] ^= 1 }},
		{"the log emptied", "00001.mem", "the last one found is 61 (", func(f *file) { *f = file{} }},
		{"a bit of the table", "000001.sst", "000001.sst", func(f *file) { f.data[20_000] ^= 1 }},
		{"a bit of the keys", "KEYREGISTRY", "", func(f *file) { f.data[20] ^= 1 }},
	} {
		t.Run("T3 "+c.name, func(t *testing.T) {
			hurt := maps.Clone(files)
			f, ok := hurt[c.file]
			if !ok {
				t.Fatalf("there is no %s", c.file)
			}
			f.data = append([]byte(nil), f.data...)
			c.harm(&f)
			hurt[c.file] = f
			dir := restore(t, hurt)
			for range 2 { // a supervisor starts it again and again
				if refusal := openFails(t, small(dir), Damaged); !strings.Contains(refusal.Error(), c.says) {
					t.Errorf("the error %q does not say %q", refusal.Error(), c.says)
				}
				unchanged(t, dir, hurt)
			}
			good := files[c.file]
			path := filepath.Join(dir, c.file)
			if err := errors.Join(os.WriteFile(path, good.data, 0o600), os.Truncate(path, good.size)); err != nil {
				t.Fatal(err)
			}
			if !intact(t, dir, ids) {
				t.Error("with the harm undone it is refused")
			}
		})
	}
}

// T3: a start that was killed leaves links and copies. They are nobody's.
func TestKilledWhileTrying(t *testing.T) {
	files, ids := killedDirectory(t)
	dir := restore(t, files)
	trial := filepath.Join(dir, trialDir)
	if err := errors.Join(os.Mkdir(trial, 0o700), os.Link(filepath.Join(dir, "000001.sst"), filepath.Join(trial, "000001.sst")),
		os.WriteFile(filepath.Join(trial, "MANIFEST"), []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if !intact(t, dir, ids) {
		t.Error("it is refused")
	}
	if _, err := os.Stat(trial); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what the killed start left is still there: %v", err)
	}
}

// T3: Badger empties a log before it removes it, and refuses to open one that is
// empty. A start that was killed in between is none the worse.
func TestEmptyLog(t *testing.T) {
	files, ids := killedDirectory(t)
	files["00002.mem"] = file{}
	dir := restore(t, files)
	if !intact(t, dir, ids) {
		t.Error("it is refused")
	}
}

// trier is a store that has not been opened, over a directory of these files.
func trier(t *testing.T, files map[string]file) (*Store, *contents) {
	t.Helper()
	s := &Store{dir: restore(t, files), minFree: 1 << 20, link: os.Link, free: freeBytes}
	found, err := inspect(s.dir, options(s.dir, true, nil))
	if err != nil {
		t.Fatal(err)
	}
	return s, found
}

// T3: a trial that compacted would empty the tables that it has links to.
func TestTryDoesNotCompact(t *testing.T) {
	if n := trialOptions("d", true).NumCompactors; n != 0 {
		t.Errorf("a trial has %d compactors", n)
	}
}

// T3: where a file system has no links, tables are copied.
func TestTryWithoutLinks(t *testing.T) {
	files, _ := killedDirectory(t)
	s, found := trier(t, files)
	s.link = func(string, string) error { return errors.ErrUnsupported }
	if err := s.try(true, found); err != nil {
		t.Error(err)
	}
	unchanged(t, s.dir, files)
}

// T4: a start that needs room to look into a log says how much, whenever it is
// that there is too little.
func TestTooLittleSpaceToTry(t *testing.T) {
	files, _ := killedDirectory(t)
	s, found := trier(t, files)
	asked, last := 0, -1
	s.free = func(string) (uint64, error) {
		if asked++; asked == last {
			return 1 << 19, nil
		}
		return 1 << 30, nil
	}
	if err := s.try(true, found); err != nil {
		t.Fatal(err)
	}
	end := asked
	for last = end; last > 0; last-- {
		asked = 0
		err := openError(s.dir, s.try(true, found))
		var refusal *OpenError
		var short *shortage
		if last == end && (!errors.As(err, &short) || short.need <= 1<<16+copyPiece) {
			t.Errorf("before Badger writes tables: %v, want the bytes of all logs", err)
		}
		if !errors.As(err, &refusal) || refusal.Problem != Full || !errors.Is(err, issuer.ErrStorageFull) {
			t.Fatalf("too little space at question %d: %v, want an OpenError that says full", last, err)
		}
		unchanged(t, s.dir, files)
	}
}

// A copy is the same file, with what is zero left out.
func TestCopyFile(t *testing.T) {
	data := make([]byte, 5*copyPiece+7)
	data[0], data[2*copyPiece+5] = 1, 2
	for name, size := range map[string]int{"zeros at the end": len(data), "whole pieces": 3 * copyPiece, "one byte": 1, "nothing": 0} {
		t.Run(name, func(t *testing.T) {
			s := &Store{dir: t.TempDir(), free: freeBytes}
			from, to := filepath.Join(s.dir, "from"), filepath.Join(s.dir, "to")
			if err := os.WriteFile(from, data[:size], 0o600); err != nil {
				t.Fatal(err)
			}
			written, err := s.copyFile(to, from)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(to); err != nil || !bytes.Equal(got, data[:size]) {
				t.Errorf("the copy has %d bytes of %d, or others (%v)", len(got), size, err)
			}
			if want := min(size, copyPiece) + min(max(size-2*copyPiece, 0), copyPiece); written != uint64(want) {
				t.Errorf("%d bytes were written, want %d", written, want)
			}
		})
	}
}

// T4: a start on a full file system says what is free and what is needed.
func TestTooLittleSpaceToStart(t *testing.T) {
	want := "too little free space to start (0.5 MiB are free, 16.0 MiB are needed): free some"
	if got := (&OpenError{Problem: Full, Err: &shortage{1 << 19, 1 << 24}}).Error(); !strings.Contains(got, want) {
		t.Errorf("the error %q does not say %q", got, want)
	}
	refusal := openFails(t, Config{Dir: t.TempDir(), MinFreeBytes: 1 << 60}, Full)
	if want := " MiB are free, 68719476736.0 MiB are needed"; !strings.Contains(refusal.Error(), want) {
		t.Errorf("the error %q does not say %q", refusal.Error(), want)
	}
}
