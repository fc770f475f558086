package badgerstore

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// formatVersion is the format that this version writes and the newest it reads.
const formatVersion = 1

// A format says how the rest of a directory is to be read.
type format struct {
	Format int `json:"format"`
}

// checkFormat reads the format of the directory, and records ours in a new one.
func (s *Store) checkFormat() error {
	var f format
	err := s.db.View(func(txn *badger.Txn) error { return get(txn, []byte(formatKey), &f) })
	switch {
	case errors.Is(err, badger.ErrKeyNotFound) && s.seq == 0:
		return s.begin()
	case errors.Is(err, badger.ErrKeyNotFound):
		return damaged("it has commits and records no format")
	case err != nil:
		return damaged("reading its format: %w", err)
	case f.Format > formatVersion:
		return &OpenError{Problem: Newer, Err: fmt.Errorf("format %d, this one reads up to %d", f.Format, formatVersion)}
	case f.Format < 1:
		return damaged("it records format %d", f.Format)
	}
	return nil
}

// begin makes the first commit of a directory.
func (s *Store) begin() error {
	value, err := encode(format{Format: formatVersion})
	if err != nil {
		return err
	}
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	if err := put(txn, commitKey(1), commitNumber(1)); err != nil {
		return err
	}
	if err := put(txn, []byte(formatKey), value); err != nil {
		return err
	}
	if err := s.sync(txn); err != nil {
		return err
	}
	return s.ack.Sync()
}
