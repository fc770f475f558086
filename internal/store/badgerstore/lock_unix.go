//go:build unix

package badgerstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockDir takes the lock that Badger and its tools take: flock(2) of the
// directory itself. The kernel releases it when the process ends, however that
// comes. The file beside it only says who holds it.
func lockDir(dir string) (io.Closer, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &heldError{pid: holder(dir)}
		}
		return nil, fmt.Errorf("locking the directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, lockFile), pidText(), 0o600); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
