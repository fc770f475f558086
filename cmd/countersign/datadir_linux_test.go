package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// Who cannot look into the directory of a service is told that, and not that it
// is none.
func TestUnreadableDataDir(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	said := make(chan error)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine: it is somebody else from here on
		const nobody = 65534
		if err := syscall.Setfsuid(nobody); err != nil {
			said <- err
			return
		}
		_, _, err := openOffline(t.Context(), dir, io.Discard)
		said <- err
	}()
	if err := <-said; !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
}
