package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// A file is what a file of a directory holds: Data, then zeros up to size.
type file struct {
	data []byte
	size int64
}

// snapshot reads the files of a directory. That of an open store is what a
// SIGKILL leaves.
func snapshot(t *testing.T, dir string) map[string]file {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]file{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = file{bytes.TrimRight(data, "\x00"), int64(len(data))}
	}
	return files
}

// restore writes files to a new directory.
func restore(t *testing.T, files map[string]file) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, f := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, f.data, 0o600), os.Truncate(path, f.size)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A harm is one thing that can happen to a file. It returns false where nothing
// is left of it.
type harm struct {
	name string
	do   func(f *file) bool
}

func truncate(part float64) func(*file) bool {
	return func(f *file) bool {
		f.size = int64(float64(f.size) * part)
		return true
	}
}

// flip inverts one bit at a part of the data.
func flip(part float64) func(*file) bool {
	return func(f *file) bool {
		if len(f.data) > 0 {
			f.data = bytes.Clone(f.data)
			f.data[int(float64(len(f.data))*part)] ^= 1 << rand.IntN(8)
		}
		return true
	}
}

// harms are those done to a file of a kind: a table or a log is hurt in more
// places than the small files beside them, none of which is larger than a block.
func harms(name string) []harm {
	list := []harm{
		{"deleted", func(*file) bool { return false }},
		{"emptied", truncate(0)},
		{"cut to half", truncate(0.5)},
		{"cut by the last byte", func(f *file) bool { f.size = max(f.size-1, 0); return true }},
		{"second half zero", func(f *file) bool { f.data = f.data[:len(f.data)/2]; return true }},
	}
	parts := []float64{0, rand.Float64()}
	switch filepath.Ext(name) {
	case ".sst", ".mem":
		parts = append(parts, 0.001, 0.1, 0.5, 0.9, 0.999)
	}
	for _, part := range parts {
		list = append(list, harm{fmt.Sprintf("bit flipped at %g", part), flip(part)})
	}
	return list
}

// T3: whatever happens to one file, the directory either holds everything that
// was acknowledged, or it is refused with a clear error. It is never opened
// with less, and nothing is taken from one that is refused.
func TestDamaged(t *testing.T) {
	c := small(t.TempDir())
	var ids []string
	commit := func(s *Store) {
		for range 40 {
			id := fmt.Sprint(len(ids))
			ids = append(ids, id)
			if err := s.Commit(t.Context(), childDecision(id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := open(t, c) // a table of the first half, and a log of the second
	commit(s)
	closeStore(t, s)
	s = open(t, c)
	commit(s)
	killed := snapshot(t, c.Dir)
	closeStore(t, s)

	for state, files := range map[string]map[string]file{"killed": killed, "closed": snapshot(t, c.Dir)} {
		t.Run("T3 "+state, func(t *testing.T) {
			if !intact(t, restore(t, files), ids) {
				t.Fatal("the directory is refused as it is")
			}
			var mu sync.Mutex
			refused := map[string]int{}
			t.Cleanup(func() { // when the parallel sub-tests have ended
				t.Logf("refused, by kind of file: %v", refused)
				if refused[".sst"] == 0 || (state == "killed" && refused[".mem"] == 0) {
					t.Error("no harm to tables or logs was noticed: does the test hurt anything?")
				}
			})
			for name := range files {
				for _, h := range harms(name) {
					t.Run(name+" "+h.name, func(t *testing.T) {
						t.Parallel()
						hurt := maps.Clone(files)
						f := hurt[name]
						if h.do(&f) {
							hurt[name] = f
						} else {
							delete(hurt, name)
						}
						dir := restore(t, hurt)
						if !intact(t, dir, ids) {
							unchanged(t, dir, hurt)
							mu.Lock()
							defer mu.Unlock()
							refused[filepath.Ext(name)]++
						}
					})
				}
			}
		})
	}
}

// T3: commits that are missing in the middle are noticed, although the last is
// there.
func TestMissingCommits(t *testing.T) {
	for name, missing := range map[string][]uint64{
		"T3 one": {7}, "T3 two": {3, 8}, "T3 the first": {1}, "T3 the last": {10}, "T3 all": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
	} {
		t.Run(name, func(t *testing.T) {
			c := small(t.TempDir())
			s := open(t, c)
			for i := range 9 { // the first commit is the format
				if err := s.Commit(t.Context(), childDecision(fmt.Sprint(i))); err != nil {
					t.Fatal(err)
				}
			}
			closeStore(t, s)
			change(t, c.Dir, func(w *badger.WriteBatch) error {
				for _, seq := range missing {
					if err := w.Delete(commitKey(seq)); err != nil {
						return err
					}
				}
				return nil
			})
			openFails(t, c, Damaged)
		})
	}
}

// The numbers of the newest 65,536 commits are kept; older ones are not missed.
func TestCommitNumbersWrap(t *testing.T) {
	c := small(t.TempDir())
	closeStore(t, open(t, c))
	change(t, c.Dir, func(w *badger.WriteBatch) error {
		for seq := uint64(70_000); seq < 70_000+1<<16; seq++ {
			if err := w.Set(commitKey(seq), commitNumber(seq)); err != nil {
				return err
			}
		}
		return nil
	})
	s := open(t, c)
	if want := uint64(70_000 + 1<<16 - 1); s.seq != want {
		t.Errorf("the last commit is number %d, want %d", s.seq, want)
	}
	for i := range 3 {
		if err := s.Commit(t.Context(), childDecision(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	closeStore(t, open(t, c))
	t.Run("T3 an old number in the place of a new one", func(t *testing.T) {
		change(t, c.Dir, func(w *badger.WriteBatch) error { return w.Set(commitKey(100_000), commitNumber(100_000-1<<16)) })
		openFails(t, c, Damaged)
	})
}

// What was acknowledged cannot be read off a file that was lost or hurt: the
// data is complete all the same.
func TestAcknowledgedFile(t *testing.T) {
	c := small(t.TempDir())
	s := open(t, c)
	if err := s.Commit(t.Context(), childDecision("one")); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	files := snapshot(t, c.Dir)
	for name, f := range map[string]file{"lost": {}, "empty": {size: 0}, "another number": {append([]byte{1}, files[acknowledgedFile].data[1:]...), 12}} {
		t.Run(name, func(t *testing.T) {
			hurt := maps.Clone(files)
			hurt[acknowledgedFile] = f
			if name == "lost" {
				delete(hurt, acknowledgedFile)
			}
			if !intact(t, restore(t, hurt), []string{"one"}) {
				t.Error("it is refused")
			}
		})
	}
}

// intact reports whether a directory opens with everything in it, and fails the
// test where it opens with less, or is refused with another error than damage.
func intact(t *testing.T, dir string, ids []string) bool {
	t.Helper()
	s, err := Open(small(dir))
	if err != nil {
		var refusal *OpenError
		if !errors.As(err, &refusal) || refusal.Problem != Damaged {
			t.Errorf("refused with %v, want an OpenError that says damaged", err)
		}
		return false
	}
	defer func() { _ = s.Close() }()
	missing := 0
	for _, id := range ids {
		switch d, err := s.Decision(t.Context(), id); {
		case errors.Is(err, issuer.ErrNotFound):
			missing++
		case err != nil:
			t.Fatalf("reading %s: %v", id, err)
		case d.Told != childDecision(id).Told:
			t.Fatalf("decision %s came back as %.100q", id, d.Told)
		}
	}
	if missing > 0 {
		t.Errorf("opened without a word, and %d of %d decisions are missing", missing, len(ids))
	}
	return true
}
