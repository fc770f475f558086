//go:build unix

package attest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openNoFollow opens without following a link and without waiting for the other
// end of a FIFO.
func openNoFollow(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%q is a symbolic link: name the file itself", path)
	}
	return f, err
}

func checkPrivate(f *os.File, info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: chmod 600 %q", ErrReadableByOthers, f.Name())
	}
	return nil
}

// keepPrivate makes up for a mode that the file system did not take over.
func keepPrivate(f *os.File) error { return f.Chmod(0o600) }

// syncDir makes the new name durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
