package badgerstore

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// formatVersion is the format that this version writes and the newest it reads.
// In formatUnordered decisions had no order: a start gives them one.
const (
	formatVersion   = 2
	formatUnordered = 1
)

// A format says how the rest of a directory is to be read.
type format struct {
	Format int `json:"format"`
}

// checkFormat reads the format of a store whose last commit has the number
// last. Only a store without commits may record none: it is new, and its format 0.
func checkFormat(db *badger.DB, last uint64) (version int, err error) {
	var f format
	err = db.View(func(txn *badger.Txn) error { return get(txn, []byte(formatKey), &f) })
	switch {
	case errors.Is(err, badger.ErrKeyNotFound) && last == 0:
		return 0, nil
	case errors.Is(err, badger.ErrKeyNotFound):
		return 0, damaged("it has commits and records no format")
	case err != nil:
		return 0, damaged("reading its format: %w", err)
	case f.Format > formatVersion:
		return 0, &OpenError{Problem: Newer, Err: fmt.Errorf("format %d, this one reads up to %d", f.Format, formatVersion)}
	case f.Format < 1:
		return 0, damaged("it records format %d", f.Format)
	}
	return f.Format, nil
}

// begin makes the first commit of a directory, which records our format.
func (s *Store) begin() error {
	if err := s.commitAlone(recordFormat); err != nil {
		return err
	}
	return s.ack.Sync()
}

// recordFormat records the format that this version writes.
func recordFormat(txn *badger.Txn) error {
	value, err := encode(format{Format: formatVersion})
	if err != nil {
		return err
	}
	return put(txn, []byte(formatKey), value)
}

// commitAlone makes a commit while there is no committer yet.
func (s *Store) commitAlone(write func(*badger.Txn) error) error {
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	if err := put(txn, commitKey(s.seq+1), commitNumber(s.seq+1)); err != nil {
		return err
	}
	if err := write(txn); err != nil {
		return err
	}
	return s.sync(txn)
}
