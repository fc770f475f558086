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

// checkFormat reads the format of a store whose last commit has the number
// last. Only a store without commits may record none: it is new.
func checkFormat(db *badger.DB, last uint64) (isNew bool, err error) {
	var f format
	err = db.View(func(txn *badger.Txn) error { return get(txn, []byte(formatKey), &f) })
	switch {
	case errors.Is(err, badger.ErrKeyNotFound) && last == 0:
		return true, nil
	case errors.Is(err, badger.ErrKeyNotFound):
		return false, damaged("it has commits and records no format")
	case err != nil:
		return false, damaged("reading its format: %w", err)
	case f.Format > formatVersion:
		return false, &OpenError{Problem: Newer, Err: fmt.Errorf("format %d, this one reads up to %d", f.Format, formatVersion)}
	case f.Format < 1:
		return false, damaged("it records format %d", f.Format)
	}
	return false, nil
}

// begin makes the first commit of a directory, which records our format.
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
