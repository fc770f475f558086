// Package badgerstore keeps decisions, what operators said and did, sightings and
// API keys in a directory of one machine. Call [Open], which gives an
// issuer.Store and an access.Store.
//
// # Durability
//
// What a method acknowledged has been synced to the disk. One goroutine commits
// for everybody: the calls that wait while a sync is under way share the next
// one. After a commit that failed nothing more is written: whether the disk
// holds it is not known, and only a new start finds out.
//
// # On disk
//
// The directory is a Badger store; this is the only package that knows. Keys
// begin with one letter that says what they hold (see keys.go), values are JSON.
// Everything lives in the LSM tree, none of it in Badger's value log, whose
// sync errors Badger only logs. Nothing is compressed, so that a checksum is
// verified before any length in a damaged block is believed.
//
// Badger goes on without a table or a tail of its log that does not match its
// checksum, and cuts or removes what it leaves out. Open therefore reads every
// table before Badger does, numbers the commits, and refuses a directory in
// which acknowledged ones are missing. It finds out on a copy (see trial.go):
// what is refused stays as it is.
package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

// Config configures a Store. Dir is required.
type Config struct {
	// Dir is the data directory. It is created with mode 0700 where it is not
	// there; its parents too.
	Dir string

	// MinFreeBytes is the free space of the file system below which nothing is
	// written. Zero means [limits.DatabaseFreeBytes]. Small needs at least 16
	// MiB.
	MinFreeBytes uint64

	// Small keeps tables and buffers small, for tests and the demo: about 30 MB
	// of disk and memory in place of 150. A directory can be opened either way.
	Small bool

	// Logger receives what Badger reports, and when writing stops and goes on.
	// Nil discards.
	Logger *slog.Logger

	// OnFailure is called once when a write could not be made durable, after
	// its callers were answered. The process should then end: the store takes
	// no more writes. It must not call Close itself. Nil does nothing.
	OnFailure func(error)

	// OnCommit is called for each commit, after its callers were answered, and
	// must not block: no other commit begins before it returns. Nil does
	// nothing.
	OnCommit func(Commit)

	// Now reports the current time, for how long a commit takes. Nil means
	// time.Now.
	Now func() time.Time
}

// A Store is an issuer.Store and an access.Store in one directory, which it
// holds against other processes until it is closed. It is safe for concurrent use.
type Store struct {
	db   *badger.DB
	lock io.Closer
	ack  *acknowledged
	log  *slog.Logger

	dir       string
	minFree   uint64
	onFailure func(error)
	observe   func(Commit)
	now       func() time.Time

	// commitTxn, link and free stand between the store and the disk.
	commitTxn func(*badger.Txn) error
	link      func(name, to string) error
	free      func(dir string) (uint64, error)

	gate   sync.RWMutex // held for reading by every call, for writing by Close
	closed bool
	queue  chan *request
	done   chan struct{} // closed when the committer has ended

	// The committer's own.
	seq    uint64 // number of the last commit
	failed error
	full   bool
	tally  *tally

	reviews *issuer.ReviewQueue
}

var _ issuer.Store = (*Store)(nil)

// Open opens the store in a directory, or makes one where there is none. What
// is wrong with a directory is an [*OpenError].
func Open(c Config) (*Store, error) {
	if c.Dir == "" {
		return nil, errors.New("the store needs a directory")
	}
	if c.MinFreeBytes == 0 {
		c.MinFreeBytes = limits.DatabaseFreeBytes
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("naming the data directory: %w", err)
	}
	if err := makeDir(dir); err != nil {
		return nil, openError(dir, err)
	}
	s := &Store{
		log: c.Logger, dir: dir, minFree: c.MinFreeBytes, onFailure: c.OnFailure, observe: c.OnCommit, now: c.Now,
		commitTxn: (*badger.Txn).Commit, link: os.Link, free: freeBytes,
		queue: make(chan *request, queueLength), done: make(chan struct{}), tally: newTally(),
	}
	if err := s.room(0); err != nil {
		return nil, openError(dir, err)
	}
	if s.lock, err = lockDir(dir); err != nil {
		return nil, openError(dir, err)
	}
	if err := s.open(c.Small); err != nil {
		return nil, openError(dir, errors.Join(err, s.release()))
	}
	go s.commitAll()
	return s, nil
}

// open opens what is in the directory, and checks that all of it is there,
// before Badger may change anything, and after.
func (s *Store) open(small bool) error {
	o := options(s.dir, small, s.log)
	found, err := inspect(s.dir, o)
	if err != nil {
		return err
	}
	if found != nil {
		if err := s.try(small, found); err != nil {
			return err
		}
		for _, name := range found.empty { // Badger empties a log before it removes it
			if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
				return err
			}
		}
	}
	if s.db, err = openBadger(o); err != nil {
		return err
	}
	if s.ack, err = openAcknowledged(s.dir); err != nil {
		return err
	}
	var version int
	if s.seq, version, err = judge(s.db, s.ack.last); err != nil {
		return err
	}
	if err := s.loadReviews(); err != nil {
		return err
	}
	if version == 0 {
		return s.begin()
	}
	if version == formatUnordered {
		if err := s.orderDecisions(); err != nil {
			return err
		}
	}
	if s.ack.unreadable {
		s.log.Warn("the number of the last acknowledged commit cannot be read; going on without", "file", acknowledgedFile)
	}
	return nil
}

// closePatience is how long Close waits for Badger after a failed write: it
// tries for ever to write down what it holds in memory.
const closePatience = 3 * time.Second

// Close waits for the writes under way and releases the directory. Calls after
// it are errors; a second Close does nothing.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed {
		s.gate.Unlock()
		return nil
	}
	s.closed = true
	close(s.queue)
	s.gate.Unlock()
	<-s.done
	if s.failed == nil {
		return s.release()
	}
	ended := make(chan error, 1)
	go func() { ended <- s.release() }()
	select {
	case err := <-ended:
		return errors.Join(s.failed, err)
	case <-time.After(closePatience):
		return fmt.Errorf("closing: %w", s.failed)
	}
}

// release closes what is open. The lock is the last.
func (s *Store) release() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.ack != nil {
		errs = append(errs, s.ack.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

var errClosed = errors.New("the store is closed")

// view runs a reader while the store is held open.
func (s *Store) view(ctx context.Context, read func(*badger.Txn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return errClosed
	}
	return s.db.View(read)
}
