package badgerstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockFile holds the pid of the process that has the directory, in decimal.
const lockFile = "LOCK"

func pidText() []byte { return fmt.Appendf(nil, "%d\n", os.Getpid()) }

// holder returns the pid in the lock file, 0 where there is none.
func holder(dir string) int {
	data, err := os.ReadFile(filepath.Join(dir, lockFile))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}
