package badgerstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lockedByte lies far behind the pid in the lock file: Windows lets nobody read
// what is locked.
const lockedByte = 1 << 30

// lockDir locks one byte of the lock file. The system releases it when the
// process ends, however that comes.
func lockDir(dir string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: lockedByte})
	if err != nil {
		_ = f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
			return nil, &heldError{pid: holder(dir)}
		}
		return nil, fmt.Errorf("locking the directory: %w", err)
	}
	if err := errors.Join(f.Truncate(0), writeAll(f, pidText())); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func writeAll(f *os.File, data []byte) error {
	_, err := f.WriteAt(data, 0)
	return err
}
