//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// rotationLockFile is what a rotation holds in the data directory.
const rotationLockFile = "countersign-keys.lock"

// lockRotation waits for the other rotations of a data directory and keeps those
// that come later waiting until it is released: two at once would bring back what
// one of them dropped. The kernel releases it when the process ends, however that
// comes.
func lockRotation(dir string) (release func(), err error) {
	path := filepath.Join(dir, rotationLockFile)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the countersigning keys: %w", err)
	}
	if err = giveToOwner(path, dir); err == nil {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking the countersigning keys: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}
