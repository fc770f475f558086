package badgerstore

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/store/storetest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Each commit is reported with what came of it; what wrote nothing is none.
func TestCommitsAreReported(t *testing.T) {
	leavesNothing(t)
	var clock atomic.Int64
	c, seen := small(t.TempDir()), make(chan Commit, 100)
	c.OnCommit = func(one Commit) { seen <- one }
	c.Now = func() time.Time { return time.Unix(clock.Add(1), 0) }
	s := open(t, c)
	expect := func(want Commit) {
		t.Helper()
		if got := <-seen; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if err := s.Commit(t.Context(), storetest.Decision(t, "a")); err != nil {
		t.Fatal(err)
	}
	expect(Commit{Result: CommitDurable, Writes: 1, Took: time.Second})

	acme := metadata.MustPublisher("https://acme.example")
	for range 2 { // the second one is known
		if _, err := s.See(t.Context(), acme, []verify.PublishedKey{{KeyID: "a", Thumbprint: "key"}}, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	expect(Commit{Result: CommitDurable, Writes: 1, Took: time.Second})

	free := s.free
	s.free = func(string) (uint64, error) { return 0, nil }
	_ = s.Commit(t.Context(), storetest.Decision(t, "b"))
	expect(Commit{Result: CommitFull, Writes: 1, Took: time.Second})
	if n, err := s.Free(); n != 0 || err != nil {
		t.Errorf("free: %d, %v", n, err)
	}
	s.free = func(string) (uint64, error) { return 0, errors.New("cannot be asked") }
	_ = s.Commit(t.Context(), storetest.Decision(t, "b"))
	expect(Commit{Result: CommitRefused, Writes: 1, Took: time.Second})
	s.free = free

	s.commitTxn = func(*badger.Txn) error { return errors.New("the disk is gone") }
	_ = s.Commit(t.Context(), storetest.Decision(t, "b"))
	expect(Commit{Result: CommitFailed, Writes: 1, Took: time.Second})
	_ = s.Close()
	if len(seen) != 0 {
		t.Errorf("and %+v", <-seen)
	}
}
