package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
)

const ownerOnly fs.FileMode = 0o700

// An exposedError says that others can enter a data directory which is not
// closed to them: it holds other things, or is somebody else's.
type exposedError struct {
	dir  string
	mode fs.FileMode
}

func (e *exposedError) Error() string {
	return fmt.Sprintf("others can enter the data directory %q (mode %04o), which is not known to be the service's own", e.dir, e.mode)
}

func (e *exposedError) hint() string { return "chmod 700 it where it is, or use another --data" }

// closeToOthers takes a data directory that is there from its group and from
// others: what it holds is nobody else's to read. Windows has no such bits.
func closeToOthers(ctx context.Context, dir string, log *slog.Logger) error {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || runtime.GOOS == "windows" {
		return nil // the store makes it, or says what is wrong with it
	}
	mode := info.Mode().Perm()
	if mode&^ownerOnly == 0 {
		return nil
	}
	if !isDataDir(dir) || os.Chmod(dir, ownerOnly) != nil {
		return &exposedError{dir, mode}
	}
	log.LogAttrs(ctx, slog.LevelWarn, "closed the data directory to others", slog.String("data", dir),
		slog.String("was", fmt.Sprintf("%04o", mode)), slog.String("is", fmt.Sprintf("%04o", ownerOnly)))
	return nil
}

// isDataDir reports whether a directory is a store's, or empty.
func isDataDir(dir string) bool {
	if isStore(dir) {
		return true
	}
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}

// readable returns why this user cannot look into a directory; nil also where
// there is none.
func readable(dir string) error {
	if _, err := os.ReadDir(dir); errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// isStore reports whether a directory is one that a service keeps its data in.
func isStore(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, "MANIFEST"))
	return err == nil
}
