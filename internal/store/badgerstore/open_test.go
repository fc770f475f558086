package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/store/storetest"
	"github.com/fc28f635/countersign/issuer"
)

func openFails(t *testing.T, c Config, want Problem) OpenError {
	t.Helper()
	s, err := Open(c)
	if err == nil {
		_ = s.Close()
		t.Fatalf("it was opened, want problem %s", want)
	}
	var refusal *OpenError
	if !errors.As(err, &refusal) || refusal.Problem != want {
		t.Fatalf("opening: %v, want an OpenError with problem %s", err, want)
	}
	for _, say := range []string{refusal.Dir, "another --data"} {
		if !strings.Contains(err.Error(), say) {
			t.Errorf("the error %q does not say %q", err, say)
		}
	}
	return *refusal
}

func TestHeld(t *testing.T) {
	leavesNothing(t)
	c := small(t.TempDir())
	s := open(t, c)
	refusal := openFails(t, c, Held)
	if refusal.PID != os.Getpid() {
		t.Errorf("T6: it is said to be held by process %d, want %d", refusal.PID, os.Getpid())
	}
	if want := fmt.Sprintf("is held by another process (pid %d): stop it", os.Getpid()); !strings.Contains(refusal.Error(), want) {
		t.Errorf("T6: the error %q does not say %q", refusal.Error(), want)
	}
	closeStore(t, s)
	closeStore(t, open(t, c))
}

// T6: Badger's own tools take the lock that we hold, and we theirs.
func TestHeldByBadger(t *testing.T) {
	c := small(t.TempDir())
	s := open(t, c)
	if db, err := badger.Open(badger.DefaultOptions(c.Dir).WithLogger(nil)); err == nil {
		_ = db.Close()
		t.Error("Badger opened a directory that we hold")
	}
	closeStore(t, s)
}

func TestNewerFormat(t *testing.T) {
	c := small(t.TempDir())
	s := open(t, c)
	if err := s.Commit(t.Context(), storetest.Decision(t, "one")); err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		format string
		want   Problem
	}{
		{`{"format":3}`, Newer},
		{`{"format":3,"more":[]}`, Newer},
		{`{"format":0}`, Damaged},
		{`{}`, Damaged},
		{`2`, Damaged},
	} {
		t.Run("T21 "+f.format, func(t *testing.T) {
			setFormat(t, c.Dir, s, f.format)
			openFails(t, c, f.want)
		})
	}
	setFormat(t, c.Dir, s, `{"format":2}`)
	if _, err := open(t, c).Decision(t.Context(), "one"); err != nil {
		t.Errorf("a refused directory was changed: %v", err)
	}
}

// What the version before recorded gets its order at the first start, whole also
// where that was interrupted.
func TestOrderOfAnOlderFormat(t *testing.T) {
	const decisions = 2*orderedAtOnce + 1
	c := small(t.TempDir())
	s := open(t, c)
	place := func(i int) issuer.Place {
		return issuer.Place{At: time.Unix(int64(1_700_000_000+i%10), 0), ID: fmt.Sprint(i)}
	}
	var group sync.WaitGroup
	for i := range decisions {
		group.Go(func() {
			if err := s.Commit(t.Context(), issuer.Decision{ID: place(i).ID, At: place(i).At}); err != nil {
				t.Errorf("committing: %v", err)
			}
		})
	}
	group.Wait()
	closeStore(t, s)
	for _, kept := range []int{0, decisions / 2} {
		change(t, c.Dir, func(w *badger.WriteBatch) error {
			for i := kept; i < decisions; i++ {
				if err := w.Delete(orderKey(place(i))); err != nil {
					return err
				}
			}
			return w.Set([]byte(formatKey), []byte(`{"format":1}`))
		})
		s = open(t, c)
		if got := len(inOrder(t, s)); got != decisions {
			t.Errorf("%d of %d decisions are in the order", got, decisions)
		}
		closeStore(t, s)
		closeStore(t, open(t, c)) // its format is ours now, and all commits are there
	}
}

// setFormat closes the store and overwrites the format of its directory.
func setFormat(t *testing.T, dir string, s *Store, value string) {
	t.Helper()
	closeStore(t, s)
	change(t, dir, func(w *badger.WriteBatch) error { return w.Set([]byte(formatKey), []byte(value)) })
}

// change changes a directory behind the back of the store.
func change(t *testing.T, dir string, do func(*badger.WriteBatch) error) {
	t.Helper()
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	w := db.NewWriteBatch()
	if err := errors.Join(do(w), w.Flush(), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestUnusableDirectories(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("T6 a file", func(t *testing.T) { openFails(t, small(file), NotDirectory) })
	t.Run("T6 below a file", func(t *testing.T) { openFails(t, small(filepath.Join(file, "data")), NotDirectory) })
	t.Run("T3 data without a manifest", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "000001.sst"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		openFails(t, small(dir), Damaged)
		if _, err := os.Stat(filepath.Join(dir, "000001.sst")); err != nil {
			t.Errorf("the file was taken away: %v", err)
		}
	})
	t.Run("no name", func(t *testing.T) {
		if _, err := Open(Config{}); err == nil {
			t.Error("opened")
		}
	})
}

// A symbolic link to a directory is that directory: two roads to one directory
// are one lock.
func TestSymbolicLink(t *testing.T) {
	c := small(t.TempDir())
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(c.Dir, link); err != nil {
		t.Fatal(err)
	}
	open(t, c)
	t.Run("T6 symlinked directory", func(t *testing.T) { openFails(t, small(link), Held) })
}

func TestOpenErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want Problem
	}{
		{"T6 permission", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, NoPermission},
		{"T6 permission while damaged", damaged("reading: %w", fs.ErrPermission), NoPermission},
		{"T3 damage", fmt.Errorf("opening: %w", damaged("commit 2 is missing")), Damaged},
		{"T6 held", &heldError{pid: 7}, Held},
		{"anything else", errors.New("no such device"), Unusable},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got *OpenError
			if err := openError("/d", c.err); !errors.As(err, &got) || got.Problem != c.want || got.Dir != "/d" {
				t.Errorf("got %v, want problem %s", err, c.want)
			}
		})
	}
}

// A directory that was killed while it was made is a new one.
func TestKilledWhileBeginning(t *testing.T) {
	dir := t.TempDir()
	db, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, small(dir))
}
