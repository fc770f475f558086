package badgerstore

import (
	"encoding/binary"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// judge returns the number of the last commit in a store, and its format, which
// is 0 where it is new and has no commit. It is an error where the store does not hold all
// that was acknowledged, or is written in another format.
func judge(db *badger.DB, acknowledged uint64) (last uint64, version int, err error) {
	if last, err = checkCommits(db); err != nil {
		return 0, 0, err
	}
	if acknowledged > last {
		return 0, 0, damaged("the last acknowledged commit is number %d, the last one found is %d (to go on without those between, copy the directory away and then remove the file %q)",
			acknowledged, last, acknowledgedFile)
	}
	version, err = checkFormat(db, last)
	return last, version, err
}

// checkCommits returns the number of the last commit, and an error where one of
// the newest 65,536 is missing: what has not reached a table yet is among them,
// and Badger drops what follows a damaged entry of its log without a word.
func checkCommits(db *badger.DB) (last uint64, err error) {
	var found []uint64
	err = db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte(commitPrefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			err := it.Item().Value(func(value []byte) error {
				if len(value) != 8 {
					return damaged("the number of a commit has %d bytes", len(value))
				}
				found = append(found, binary.BigEndian.Uint64(value))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		return 0, err
	}
	slices.Sort(found)
	last = found[len(found)-1]
	for i, seq := range found {
		if want := last - uint64(len(found)-1-i); seq != want {
			return 0, damaged("commit number %d is missing, %d is there", want, last)
		}
	}
	if want := min(last, 1<<16); uint64(len(found)) != want {
		return 0, damaged("commit number %d is missing, %d is there", last-uint64(len(found)), last)
	}
	return last, nil
}
