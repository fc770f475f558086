package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// A harm is one thing that can happen to a file.
type harm struct {
	name string
	do   func(path string, size int64) error
}

func truncate(part float64) func(string, int64) error {
	return func(path string, size int64) error { return os.Truncate(path, int64(float64(size)*part)) }
}

// flip inverts one bit at a part of what is not zero at the end of the file.
func flip(part float64) func(string, int64) error {
	return func(path string, _ int64) error {
		data, err := os.ReadFile(path)
		if err != nil || len(data) == 0 {
			return err
		}
		used := len(strings.TrimRight(string(data), "\x00"))
		at := min(int(float64(used)*part), len(data)-1)
		data[at] ^= 1 << rand.IntN(8)
		return os.WriteFile(path, data, 0o600)
	}
}

func zeroTail(path string, size int64) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	used := len(strings.TrimRight(string(data), "\x00"))
	clear(data[used/2:])
	return os.WriteFile(path, data[:size], 0o600)
}

func harms() []harm {
	list := []harm{
		{"deleted", func(path string, _ int64) error { return os.Remove(path) }},
		{"emptied", truncate(0)},
		{"cut to half", truncate(0.5)},
		{"cut by the last byte", func(path string, size int64) error { return os.Truncate(path, max(size-1, 0)) }},
		{"second half zero", zeroTail},
	}
	for _, part := range []float64{0, 0.001, 0.1, 0.5, 0.9, 0.999} {
		list = append(list, harm{fmt.Sprintf("bit flipped at %g", part), flip(part)})
	}
	for range 5 {
		part := rand.Float64()
		list = append(list, harm{fmt.Sprintf("bit flipped at %g", part), flip(part)})
	}
	return list
}

// T3: whatever happens to one file, the directory either holds everything that
// was acknowledged, or it is refused with a clear error. It is never opened
// with less.
func TestDamaged(t *testing.T) {
	closed, alive := t.TempDir(), t.TempDir()
	s := open(t, small(closed))
	var ids []string
	// A table of the first half, and a log of the second.
	for round := range 2 {
		for i := range 500 {
			id := fmt.Sprintf("%d-%d", round, i)
			ids = append(ids, id)
			if err := s.Commit(t.Context(), childDecision(id)); err != nil {
				t.Fatal(err)
			}
		}
		if round == 0 {
			closeStore(t, s)
			s = open(t, small(closed))
		}
	}
	// A copy of the files of an open store is what a SIGKILL leaves.
	copyDir(t, closed, alive)
	closeStore(t, s)

	for state, dir := range map[string]string{"closed": closed, "killed": alive} {
		t.Run("T3 "+state, func(t *testing.T) {
			if !intact(t, dir, ids) {
				t.Fatal("the directory is refused as it is")
			}
			refused := map[string]int{}
			files, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				for _, h := range harms() {
					t.Run(f.Name()+" "+h.name, func(t *testing.T) {
						hurt := filepath.Join(t.TempDir(), "data")
						copyDir(t, dir, hurt)
						info, err := f.Info()
						if err != nil {
							t.Fatal(err)
						}
						if err := h.do(filepath.Join(hurt, f.Name()), info.Size()); err != nil {
							t.Fatal(err)
						}
						if !intact(t, hurt, ids) {
							refused[filepath.Ext(f.Name())]++
						}
					})
				}
			}
			t.Logf("refused, by kind of file: %v", refused)
			if refused[".sst"] == 0 && refused[".mem"] == 0 {
				t.Error("no harm to tables or logs was noticed: does the test hurt anything?")
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
	for name, h := range map[string]harm{
		"lost": {do: func(path string, _ int64) error { return os.Remove(path) }}, "empty": {do: truncate(0)}, "flipped": {do: flip(0.7)},
	} {
		t.Run(name, func(t *testing.T) {
			c := small(t.TempDir())
			s := open(t, c)
			if err := s.Commit(t.Context(), childDecision("one")); err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
			if err := h.do(filepath.Join(c.Dir, acknowledgedFile), 12); err != nil {
				t.Fatal(err)
			}
			if !intact(t, c.Dir, []string{"one"}) {
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

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(from, f.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
