package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// socketName is the socket of a service in its data directory. Whoever can open
// it is the operator.
const socketName = "admin.sock"

// socketNameBytes is how long the name of a socket may be: the last byte is NUL.
const socketNameBytes = len(syscall.RawSockaddrUnix{}.Path) - 1

// checkSocketName refuses a name that the system would, which says no more than
// that an argument is invalid.
func checkSocketName(path string) error {
	if len(path) > socketNameBytes {
		return fmt.Errorf("the name of the socket in the data directory has %d bytes, and this system takes %d: name the directory by a shorter path, or move it", len(path), socketNameBytes)
	}
	return nil
}

func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	if err := checkSocketName(path); err != nil {
		return nil, err
	}
	var d net.Dialer
	return d.DialContext(ctx, "unix", path)
}

// listenSocket listens on the socket in a data directory, which the caller must
// hold: what a service that died left there is then nobody's. The listener
// removes the socket when it is closed.
func listenSocket(dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if err := checkSocketName(path); err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	switch {
	case err == nil && info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("%q is there and no socket", path)
	case err == nil:
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("removing the socket of an earlier service: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("looking for the socket of an earlier service: %w", err)
	}
	l, err := net.Listen("unix", path) // the directory keeps others out until the mode does
	if err != nil {
		return nil, fmt.Errorf("making the operator's socket: %w", err)
	}
	const mode fs.FileMode = 0o600
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("closing the operator's socket to others: %w", err), l.Close())
	}
	return l, nil
}
