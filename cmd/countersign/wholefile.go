package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
)

// writeWhole puts data into the file, whole or not at all: what is there stays
// until all of it is written.
func writeWhole(name string, data []byte) error {
	temporary := name + "." + rand.Text() + ".new"
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = file.Write(data)
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
