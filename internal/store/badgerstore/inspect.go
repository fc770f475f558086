package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"
	bopt "github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"
)

// Contents are what Badger would open in a directory.
type contents struct {
	manifest badger.Manifest
	copied   []string // the names of the files that Badger reads, tables aside
	empty    []string // the names of logs without a byte, which it refuses to read
	odd      []string // what a crash leaves, and damage too
}

// inspect reads everything that the manifest of a directory names. Badger would
// leave out a table with a wrong checksum and go on, and would begin anew where
// the manifest is missing. It returns nil for a directory in which there is
// nothing yet. The lock must be held.
func inspect(dir string, o badger.Options) (*contents, error) {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, inspectEmpty(dir)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	found := new(contents)
	var end int64
	if found.manifest, end, err = badger.ReplayManifestFile(f, 0, o); err != nil {
		return nil, damaged("reading %s: %w", badger.ManifestFilename, err)
	}
	if info, err := f.Stat(); err == nil && info.Size() > end {
		found.odd = append(found.odd, fmt.Sprintf("%s is cut off after byte %d", badger.ManifestFilename, end))
	}
	if err := found.list(dir); err != nil {
		return nil, err
	}
	for id, entry := range found.manifest.Tables {
		if err := inspectTable(table.NewFilename(id, dir), entry); err != nil {
			return nil, found.explain(err)
		}
	}
	return found, nil
}

// list goes through the files of a directory.
func (c *contents) list(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		id, isTable := table.ParseFileID(name)
		_, listed := c.manifest.Tables[id]
		info, err := e.Info()
		if err != nil {
			return err
		}
		switch {
		case filepath.Ext(name) == ".mem" && info.Size() == 0:
			c.empty = append(c.empty, name)
			c.odd = append(c.odd, name+" is empty")
			continue
		case badgerFile(name):
			c.copied = append(c.copied, name)
		case isTable && !listed:
			c.odd = append(c.odd, fmt.Sprintf("%s does not name %s", badger.ManifestFilename, name))
			continue
		case !isTable:
			continue
		}
		if err := writable(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// explain adds to a refusal what else is not as it was closed.
func (c *contents) explain(err error) error {
	if len(c.odd) == 0 || errors.Is(err, fs.ErrPermission) {
		return err
	}
	return damaged("%w; %.200s", err, strings.Join(c.odd, ", "))
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
