package badgerstore

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// freeBytes returns what this user can still write where dir is.
func freeBytes(dir string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, fmt.Errorf("asking for free space: %w", err)
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, fmt.Errorf("asking for free space: %w", err)
	}
	return free, nil
}
