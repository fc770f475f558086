package badgerstore

import (
	"errors"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// A Commit is one attempt to make writes durable, and what came of it.
type Commit struct {
	Result CommitResult
	Writes int           // that shared it
	Took   time.Duration // with the sync
}

// A CommitResult is what came of a commit.
type CommitResult string

// What comes of commits.
const (
	CommitDurable CommitResult = "durable"
	CommitFull    CommitResult = "full"    // too little free space: nothing was written
	CommitFailed  CommitResult = "failed"  // the first one ends all writing
	CommitRefused CommitResult = "refused" // it could not be begun
)

// CommitResults returns all results.
func CommitResults() []CommitResult {
	return []CommitResult{CommitDurable, CommitFull, CommitFailed, CommitRefused}
}

// observed is commit, reported. What wrote nothing, such as a sighting that is
// known, is no commit.
func (s *Store) observed(batch []*request) (rest []*request) {
	if s.observe == nil {
		rest, _ = s.commit(batch)
		return rest
	}
	start := s.now()
	rest, err := s.commit(batch)
	c := Commit{Result: CommitDurable, Writes: len(batch) - len(rest), Took: s.now().Sub(start)}
	switch {
	case errors.Is(err, errNothingWritten):
		return rest
	case errors.Is(err, issuer.ErrStorageFull):
		c.Result = CommitFull
	case errors.Is(err, issuer.ErrStorageFailed):
		c.Result = CommitFailed
	case err != nil:
		c.Result = CommitRefused
	}
	s.observe(c)
	return rest
}

// errNothingWritten says that a batch had nothing to make durable.
var errNothingWritten = errors.New("nothing was written")

// Free returns how many bytes of the file system an ordinary user can still
// write.
func (s *Store) Free() (uint64, error) { return s.free(s.dir) }
