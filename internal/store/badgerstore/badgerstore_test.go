package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"go.uber.org/goleak"

	"github.com/fc28f635/countersign/internal/store/storetest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(commitUntilKilled(dir))
	}
	os.Exit(m.Run())
}

// leavesNothing fails the test if goroutines are left when it and what it
// opened have ended. It is not for tests of damage: Badger leaves some behind
// where its Open fails, and then the process ends.
func leavesNothing(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// small is the configuration of tests.
func small(dir string) Config { return Config{Dir: dir, MinFreeBytes: 1 << 20, Small: true} }

func open(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("closing: %v", err)
	}
}

func TestContract(t *testing.T) {
	leavesNothing(t)
	engine := func(t *testing.T) func() issuer.Store {
		c := small(filepath.Join(t.TempDir(), "data"))
		return func() issuer.Store { return open(t, c) }
	}
	storetest.Run(t, engine)
	storetest.RunAPIKeys(t, engine)
}

// One directory is read with either size of tables.
func TestSmallAndLarge(t *testing.T) {
	c := small(t.TempDir())
	for i := range 4 {
		c.Small = i%2 == 0
		s := open(t, c)
		if err := s.Commit(t.Context(), storetest.Decision(t, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		for j := range i {
			if _, err := s.Decision(t.Context(), fmt.Sprint(j)); err != nil {
				t.Errorf("reading %d in round %d: %v", j, i, err)
			}
		}
		closeStore(t, s)
	}
}

func TestSettings(t *testing.T) {
	o := open(t, small(t.TempDir())).db.Opts()
	if !o.SyncWrites {
		t.Error("T2: writes are not synced")
	}
	if !o.VerifyValueChecksum || o.ChecksumVerificationMode == 0 {
		t.Error("T3: checksums are not verified")
	}
	if o.ValueThreshold <= valueBytes {
		t.Error("T5: values go to the value log, whose sync errors are only logged")
	}
}

func TestDirectoryMode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	open(t, small(dir))
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the directory has mode %v, want 0700", info.Mode())
	}
}

// T4: below the mark writes are refused and reads go on; above it everything
// goes on by itself.
func TestFreeSpace(t *testing.T) {
	leavesNothing(t)
	s := open(t, small(t.TempDir()))
	free := new(atomic.Uint64)
	free.Store(s.minFree)
	s.free = func(string) (uint64, error) { return free.Load(), nil }
	write := map[string]func() error{
		"T4 commit": func() error { return s.Commit(t.Context(), storetest.Decision(t, "new")) },
		"T4 accept": func() error {
			return s.Record(t.Context(), issuer.Act{Verb: issuer.VerbAccept}, issuer.Change{Accept: &issuer.Acceptance{Shape: "sha256:1", Until: time.Unix(1, 0)}})
		},
		"T4 see": func() error {
			_, err := s.See(t.Context(), metadata.MustPublisher("https://acme.example"), publishedAs([]string{"a"}), time.Unix(1, 0))
			return err
		},
	}
	if err := s.Commit(t.Context(), storetest.Decision(t, "old")); err != nil {
		t.Fatal(err)
	}
	for name, write := range write {
		t.Run(name, func(t *testing.T) {
			free.Store(s.minFree - 1)
			if err := write(); !errors.Is(err, issuer.ErrStorageFull) || errors.Is(err, issuer.ErrStorageFailed) {
				t.Errorf("writing: %v, want ErrStorageFull", err)
			}
			if _, err := s.Decision(t.Context(), "old"); err != nil {
				t.Errorf("reading: %v", err)
			}
			free.Store(s.minFree)
			if err := write(); err != nil {
				t.Errorf("writing when there is space again: %v", err)
			}
		})
	}
}

func TestFreeBytes(t *testing.T) {
	if free, err := freeBytes(t.TempDir()); err != nil || free == 0 {
		t.Errorf("%d, %v", free, err)
	}
	if _, err := freeBytes(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("there is free space in no directory")
	}
	c := small(t.TempDir())
	c.MinFreeBytes = 1 << 62
	if _, err := Open(c); !errors.Is(err, issuer.ErrStorageFull) {
		t.Errorf("opening on a full file system: %v, want ErrStorageFull", err)
	}
}

// T5: after a failed sync the store is failed for good, also when the next
// would succeed. The failure is injected in place of Badger's commit.
func TestFailedSync(t *testing.T) {
	leavesNothing(t)
	dir := t.TempDir()
	var told []error
	c := small(dir)
	c.OnFailure = func(err error) { told = append(told, err) }
	s := open(t, c)
	if err := s.Commit(t.Context(), storetest.Decision(t, "before")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("msync: input/output error")
	calls := 0
	s.commitTxn = func(txn *badger.Txn) error {
		if calls++; calls == 1 {
			return broken
		}
		return txn.Commit()
	}
	for range 3 {
		err := s.Commit(t.Context(), storetest.Decision(t, "during"))
		if !errors.Is(err, issuer.ErrStorageFailed) || !errors.Is(err, broken) {
			t.Errorf("committing: %v, want ErrStorageFailed and the cause", err)
		}
	}
	if calls != 1 {
		t.Errorf("%d commits were tried, want 1", calls)
	}
	if _, err := s.Decision(t.Context(), "before"); err != nil {
		t.Errorf("reading what was committed before: %v", err)
	}
	if err := s.Close(); !errors.Is(err, issuer.ErrStorageFailed) {
		t.Errorf("closing: %v, want ErrStorageFailed", err)
	}
	if len(told) != 1 || !errors.Is(told[0], issuer.ErrStorageFailed) {
		t.Errorf("OnFailure was told %v, want one ErrStorageFailed", told)
	}
	again := open(t, small(dir))
	if _, err := again.Decision(t.Context(), "before"); err != nil {
		t.Errorf("after a new start: %v", err)
	}
}

// T8: writes that do not fit into one transaction are spread over several.
func TestBatchLargerThanATransaction(t *testing.T) {
	s := open(t, small(t.TempDir()))
	big := storetest.Decision(t, "")
	big.Countersigned = strings.Repeat("x", 200_000)
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() {
			d := big
			d.ID = fmt.Sprint(i)
			if err := s.Commit(t.Context(), d); err != nil {
				t.Errorf("committing: %v", err)
			}
		})
	}
	group.Wait()
	for i := range 24 {
		if d, err := s.Decision(t.Context(), fmt.Sprint(i)); err != nil || d.Countersigned != big.Countersigned {
			t.Errorf("reading %d: %v", i, err)
		}
	}
}

// Writers share syncs: all that wait while one is under way are in the next.
func TestGroupCommit(t *testing.T) {
	leavesNothing(t)
	s := open(t, small(t.TempDir()))
	const writers = 64
	commits, hold := 0, make(chan struct{})
	under := make(chan struct{}, 1+writers) // one for each commit there can be
	s.commitTxn = func(txn *badger.Txn) error {
		commits++
		under <- struct{}{}
		<-hold
		return txn.Commit()
	}
	var group sync.WaitGroup
	commit := func(id string) {
		group.Go(func() {
			if err := s.Commit(t.Context(), storetest.Decision(t, id)); err != nil {
				t.Errorf("committing: %v", err)
			}
		})
	}
	commit("first")
	<-under
	for i := range writers {
		commit(fmt.Sprint(i))
	}
	for len(s.queue) < writers {
		time.Sleep(time.Millisecond)
	}
	close(hold)
	group.Wait()
	closeStore(t, s)
	if commits != 2 {
		t.Errorf("%d writers took %d commits, want the one under way and one more", writers+1, commits)
	}
}

// A caller that gives up while its write waits learns that it does not know.
func TestContextWhileWaiting(t *testing.T) {
	leavesNothing(t)
	s := open(t, small(t.TempDir()))
	hold := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s.commitTxn = func(txn *badger.Txn) error {
		cancel()
		<-hold
		return txn.Commit()
	}
	err := s.Commit(ctx, storetest.Decision(t, "one"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("committing: %v, want context.Canceled", err)
	}
	close(hold)
	closeStore(t, s)
}

// An act and what it changes are a transaction of their own: what does not fit
// into one beside others can never be half in it.
func TestActsAreAlone(t *testing.T) {
	leavesNothing(t)
	s := open(t, small(t.TempDir()))
	commits, begun, hold := 0, make(chan struct{}, 10), make(chan struct{})
	s.commitTxn = func(txn *badger.Txn) error {
		commits++
		begun <- struct{}{}
		<-hold
		return txn.Commit()
	}
	var group sync.WaitGroup
	commit := func(id string) {
		group.Go(func() {
			if err := s.Commit(t.Context(), storetest.Decision(t, id)); err != nil {
				t.Errorf("committing: %v", err)
			}
		})
	}
	commit("first")
	<-begun // the others come while a sync is under way
	commit("second")
	commit("third")
	group.Go(func() {
		a := issuer.Acceptance{Shape: "sha256:1"}
		if err := s.Record(t.Context(), issuer.Act{Verb: issuer.VerbAccept}, issuer.Change{Accept: &a}); err != nil {
			t.Errorf("recording: %v", err)
		}
	})
	const waiting, first, own = 3, 1, 1
	for len(s.queue) < waiting {
		time.Sleep(time.Millisecond)
	}
	close(hold)
	group.Wait()
	closeStore(t, s)
	if decisions := commits - first - own; decisions < 1 || decisions > waiting-own {
		t.Errorf("%d commits: the act was not alone in its own", commits)
	}
}
