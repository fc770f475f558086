package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// writeWhole puts data into the file, whole or not at all: what is there stays
// until all of it is written.
func writeWhole(name string, data []byte) error { return writeWithMode(name, data, 0o644) }

// writePrivate is writeWhole for a file that only its owner reads, and which is
// on the disk when it returns.
func writePrivate(name string, data []byte) error { return writeWithMode(name, data, 0o600) }

func writeWithMode(name string, data []byte, mode fs.FileMode) error {
	temporary := name + "." + rand.Text() + ".new"
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err == nil {
		_, err = file.Write(data)
		if synced := file.Sync(); err == nil {
			err = synced
		}
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err == nil {
			err = os.Rename(temporary, name)
		}
		if err != nil {
			_ = os.Remove(temporary)
		}
	}
	if err != nil {
		return fmt.Errorf("%q: %w", name, errors.Unwrap(err)) // without the other name
	}
	return nil
}
