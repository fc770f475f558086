package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// socketName is the socket of a service in its data directory. Whoever can open
// it is the operator.
const socketName = "admin.sock"

// listenSocket listens on the socket in a data directory, which the caller must
// hold: what a service that died left there is then nobody's. The listener
// removes the socket when it is closed.
func listenSocket(dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
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
