package badgerstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
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
	last, readable, err := readAcknowledged(dir)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, acknowledgedFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &acknowledged{File: f, last: last, unreadable: !readable}, nil
}

// readAcknowledged returns the number in the file, 0 where there is none.
func readAcknowledged(dir string) (last uint64, readable bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, acknowledgedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, false, err
	}
	if len(data) < 12 || crc32.Checksum(data[:8], castagnoli) != binary.BigEndian.Uint32(data[8:]) {
		return 0, false, nil
	}
	return binary.BigEndian.Uint64(data), true, nil
}

func (a *acknowledged) set(seq uint64) error {
	buf := binary.BigEndian.AppendUint64(make([]byte, 0, 12), seq)
	buf = binary.BigEndian.AppendUint32(buf, crc32.Checksum(buf, castagnoli))
	_, err := a.WriteAt(buf, 0)
	return err
}
