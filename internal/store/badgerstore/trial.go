package badgerstore

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

// trialDir holds, while a store is being opened, links to its tables and copies
// of its other files. Nothing in it is of worth to anybody: one that is found
// was left by a start that was killed.
const trialDir = "trial"

// try opens and judges a copy of a directory. Badger mends what it opens, and
// asks nobody: it cuts a log at the first damaged entry, and removes the tables
// that the manifest does not name, and whoever could mend the directory would
// find them gone. What is refused here stays as it is, to the byte.
func (s *Store) try(small bool, found *contents) (err error) {
	ack, _, err := readAcknowledged(s.dir)
	if err != nil {
		return err
	}
	trial := filepath.Join(s.dir, trialDir)
	if err := errors.Join(os.RemoveAll(trial), os.Mkdir(trial, 0o700)); err != nil {
		return err
	}
	// What cannot be removed, as on Windows what a failed Badger still maps,
	// the next start removes.
	defer func() { _ = os.RemoveAll(trial) }()
	if err := s.fill(trial, found); err != nil {
		return err
	}
	db, err := openBadger(trialOptions(trial, small))
	if err == nil {
		_, _, err = judge(db, ack)
		_ = db.Close()
	}
	var broken *damage
	if errors.As(err, &broken) {
		return found.explain(err)
	}
	return err
}

// trialOptions are Badger's for a trial. It must not compact: Badger empties a
// table before it removes it, and through a link it would empty ours.
func trialOptions(trial string, small bool) badger.Options {
	return options(trial, small, slog.New(slog.DiscardHandler)).WithSyncWrites(false).
		WithNumCompactors(0).WithNumLevelZeroTablesStall(math.MaxInt32)
}

// fill puts what Badger opens into the directory of a trial.
func (s *Store) fill(trial string, found *contents) error {
	for id := range found.manifest.Tables {
		name := table.NewFilename(id, s.dir)
		link := filepath.Join(trial, filepath.Base(name))
		if s.link(name, link) == nil {
			continue
		}
		if _, err := s.copyFile(link, name); err != nil { // a file system without links
			return err
		}
	}
	var logs uint64
	for _, name := range found.copied {
		n, err := s.copyFile(filepath.Join(trial, name), filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		logs += n
	}
	return s.room(logs) // Badger writes them to tables
}

const copyPiece = 1 << 20

var zeros [copyPiece]byte

// copyFile copies a file and leaves out what is zero in it, which is most of a
// log. It returns the bytes that it wrote.
func (s *Store) copyFile(to, from string) (written uint64, err error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	piece := make([]byte, copyPiece)
	for at := int64(0); ; at += copyPiece {
		n, err := io.ReadFull(in, piece)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return written, err
		}
		if data := piece[:n]; !bytes.Equal(data, zeros[:n]) {
			if err := s.room(copyPiece); err != nil {
				return written, err
			}
			if _, err := out.WriteAt(data, at); err != nil {
				return written, err
			}
			written += uint64(n)
		}
		if n < copyPiece {
			return written, out.Truncate(at + int64(n))
		}
	}
}

// room refuses to go on where what is to be written would not leave the free
// space that a start needs.
func (s *Store) room(bytes uint64) error {
	free, err := s.free(s.dir)
	if need := s.minFree/16 + bytes; err == nil && free < need {
		return &OpenError{Problem: Full, Err: &shortage{free, need}}
	}
	return nil
}

// badgerFile reports whether Badger reads a file of a directory, tables aside.
func badgerFile(name string) bool {
	return slices.Contains([]string{badger.ManifestFilename, badger.KeyRegistryFileName, "DISCARD"}, name) ||
		slices.Contains([]string{".mem", ".vlog"}, filepath.Ext(name))
}

// writable returns an error where a file cannot be written. Badger opens all of
// them for writing, and its errors do not always say why it failed.
func writable(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}
