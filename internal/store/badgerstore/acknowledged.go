package badgerstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// acknowledgedFile holds the number of the last commit that was answered: 8
// bytes, and their CRC-32C. It is written after the commit is durable and
// before it is answered, without a sync of its own: after a crash of the
// machine it may be behind, never ahead. A directory that is behind it has lost
// what was acknowledged.
const acknowledgedFile = "ACKNOWLEDGED"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type acknowledged struct {
	*os.File
	last       uint64
	unreadable bool // the file was not there, or does not match its checksum
}

func openAcknowledged(dir string) (*acknowledged, error) {
	f, err := os.OpenFile(filepath.Join(dir, acknowledgedFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	a := &acknowledged{File: f}
	var buf [12]byte
	switch _, err := f.ReadAt(buf[:], 0); {
	case err != nil && !errors.Is(err, io.EOF):
		_ = f.Close()
		return nil, err
	case err == nil && crc32.Checksum(buf[:8], castagnoli) == binary.BigEndian.Uint32(buf[8:]):
		a.last = binary.BigEndian.Uint64(buf[:8])
	default:
		a.unreadable = true
	}
	return a, nil
}

func (a *acknowledged) set(seq uint64) error {
	buf := binary.BigEndian.AppendUint64(make([]byte, 0, 12), seq)
	buf = binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
	_, err := a.WriteAt(buf, 0)
	return err
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
