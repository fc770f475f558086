package badgerstore

import (
	"os"
	"path/filepath"
)

// makeDir makes a directory that is not there.
func makeDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return errNotDirectory
	case err == nil:
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Where a directory cannot be synced (Windows), making it was all there is.
	if parent, err := os.Open(filepath.Dir(dir)); err == nil {
		_ = parent.Sync()
		_ = parent.Close()
	}
	return nil
}
