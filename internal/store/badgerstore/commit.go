package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// queueLength bounds the writes that wait for the committer, batchLength those
// that share one sync: more would make the first of them wait for the last.
const (
	queueLength = 1024
	batchLength = 256
)

// A request is one write that waits. Apply runs in a transaction with the
// writes of others; an error of apply is of this request alone, and what it set
// until then must do no harm: it is committed with the others. That is not so of
// a request that is alone in its transaction.
type request struct {
	apply func(*badger.Txn) (wrote bool, err error)
	alone bool
	done  chan error // has room for one
}

// write has a write committed together with those of others.
func (s *Store) write(ctx context.Context, apply func(*badger.Txn) (bool, error)) error {
	return s.send(ctx, &request{apply: apply})
}

// send has a request committed and returns when it is durable. It returns early
// when ctx is done: the caller then does not know what became of it.
func (s *Store) send(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.done = make(chan error, 1)
	if err := s.enqueue(ctx, r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("waiting for a commit: %w", ctx.Err())
	}
}

func (s *Store) enqueue(ctx context.Context, r *request) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return errClosed
	}
	select {
	case s.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commitAll is the committer: it ends when the queue is closed and empty.
func (s *Store) commitAll() {
	defer close(s.done)
	for first := range s.queue {
		runtime.Gosched() // those whom the last commit answered come back now
		for batch := s.gather(first); len(batch) > 0; {
			batch = s.observed(batch)
		}
	}
}

// gather returns first and what waits behind it.
func (s *Store) gather(first *request) []*request {
	batch := []*request{first}
	for len(batch) < batchLength {
		select {
		case r, open := <-s.queue:
			if !open {
				return batch
			}
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// commit writes as many of a batch as fit into one transaction, answers them,
// and returns the others. The error is why nothing was made durable.
func (s *Store) commit(batch []*request) (rest []*request, err error) {
	if s.failed != nil {
		answer(batch, s.failed)
		return nil, s.failed
	}
	if err := s.checkFree(); err != nil {
		answer(batch, err)
		return nil, err
	}
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	if err := put(txn, commitKey(s.seq+1), commitNumber(s.seq+1)); err != nil {
		answer(batch, err)
		return nil, err
	}
	var applied []*request
	var wrote bool
	for i, r := range batch {
		if i > 0 && (r.alone || batch[0].alone) {
			rest = batch[i:]
			break
		}
		w, err := r.apply(txn)
		if errors.Is(err, badger.ErrTxnTooBig) && len(applied) > 0 {
			rest = batch[i:]
			break
		}
		if err != nil {
			r.done <- err
			continue
		}
		wrote = wrote || w
		applied = append(applied, r)
	}
	if !wrote {
		answer(applied, nil)
		return rest, errNothingWritten
	}
	if err = s.tally.write(txn); err == nil {
		err = s.sync(txn)
	}
	if err != nil {
		s.fail(err, applied)
		return rest, s.failed
	}
	answer(applied, nil)
	return rest, nil
}

// sync makes a transaction durable and takes down its number.
func (s *Store) sync(txn *badger.Txn) error {
	if err := s.commitTxn(txn); err != nil {
		return err
	}
	s.seq++
	return s.ack.set(s.seq)
}

// fail ends all writing for good.
func (s *Store) fail(err error, waiting []*request) {
	s.failed = fmt.Errorf("%w: %w", issuer.ErrStorageFailed, err)
	s.log.Error("a write could not be made durable; no more writes are taken", "error", err.Error())
	answer(waiting, s.failed)
	if s.onFailure != nil {
		s.onFailure(s.failed)
	}
}

func answer(requests []*request, err error) {
	for _, r := range requests {
		r.done <- err
	}
}

// checkFree returns an error wrapping issuer.ErrStorageFull where there is too
// little free space.
func (s *Store) checkFree() error {
	free, err := s.free(s.dir)
	if err != nil {
		return err
	}
	full := free < s.minFree
	if full != s.full {
		s.full = full
		if full {
			s.log.Error("too little free space, decisions are refused", "free_bytes", free, "needed_bytes", s.minFree)
		} else {
			s.log.Info("there is free space again", "free_bytes", free)
		}
	}
	if full {
		return fmt.Errorf("%w: %d bytes are free, %d are needed", issuer.ErrStorageFull, free, s.minFree)
	}
	return nil
}
