//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// giveToOwner gives a file that root made in a directory to the directory's
// owner: the service that runs as that user is to read it.
func giveToOwner(path, dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%q has no owner", dir)
	}
	return os.Lchown(path, int(owner.Uid), int(owner.Gid))
}
