package badgerstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	bopt "github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"
)

// inspect reads everything that the manifest of a directory names. Badger would
// leave out a table with a wrong checksum and go on, and would begin anew where
// the manifest is missing. The lock must be held.
func inspect(dir string, o badger.Options) error {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return inspectEmpty(dir)
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	manifest, _, err := badger.ReplayManifestFile(f, 0, o)
	if err != nil {
		return damaged("reading %s: %w", badger.ManifestFilename, err)
	}
	for id, entry := range manifest.Tables {
		if err := inspectTable(table.NewFilename(id, dir), entry); err != nil {
			return err
		}
	}
	return nil
}

// inspectEmpty refuses a directory that has data and no manifest.
func inspectEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if slices.Contains([]string{".sst", ".mem", ".vlog"}, filepath.Ext(e.Name())) || e.Name() == acknowledgedFile {
			return damaged("there is %s, and no %s", e.Name(), badger.ManifestFilename)
		}
	}
	return nil
}

// inspectTable verifies the checksums of one table.
func inspectTable(name string, entry badger.TableManifest) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = damaged("reading %s: %.100v", filepath.Base(name), r)
		}
	}()
	mf, err := z.OpenMmapFile(name, os.O_RDONLY, 0)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return err
		}
		return damaged("reading %s: %w", filepath.Base(name), err)
	}
	t, err := table.OpenTable(mf, table.Options{
		ReadOnly: true, BlockSize: 4 << 10, Compression: entry.Compression, ChkMode: bopt.OnTableRead,
	})
	if err != nil {
		return damaged("reading %s: %w", filepath.Base(name), err)
	}
	return t.Close(-1)
}
