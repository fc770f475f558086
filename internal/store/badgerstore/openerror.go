package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/fc28f635/countersign/issuer"
)

// A Problem is what keeps a directory from being opened.
type Problem string

// The problems of directories.
const (
	Held         Problem = "held"
	Newer        Problem = "newer"
	Damaged      Problem = "damaged"
	NotDirectory Problem = "not_directory"
	NoPermission Problem = "no_permission"
	Full         Problem = "full"
	Unusable     Problem = "unusable" // anything else: Err says what
)

// An OpenError says why a data directory cannot be opened, and what to do.
type OpenError struct {
	Dir     string
	Problem Problem
	PID     int   // of the process that holds it; 0 where it is not known
	Err     error // the cause; nil where the problem says all
}

// Error says what is wrong, and after a colon what to do.
func (e *OpenError) Error() string {
	dir := fmt.Sprintf("the data directory %q", e.Dir)
	switch e.Problem {
	case Held:
		holder := "another process"
		if e.PID != 0 {
			holder = fmt.Sprintf("another process (pid %d)", e.PID)
		}
		return dir + " is held by " + holder + ": stop it, or use another --data"
	case Newer:
		return fmt.Sprintf("%s was written by a newer countersign (%v): run that version, or use another --data", dir, e.Err)
	case Damaged:
		return fmt.Sprintf("%s is damaged (%v): keep it as it is, restore it from a copy, or use another --data", dir, e.Err)
	case NotDirectory:
		return fmt.Sprintf("%q is no directory: move it away, or use another --data", e.Dir)
	case NoPermission:
		return fmt.Sprintf("%s cannot be read and written (%v): give it to the user that runs countersign, or use another --data", dir, e.Err)
	case Full:
		return fmt.Sprintf("%s is on a file system with too little free space to start (%v): free some, or use another --data", dir, e.Err)
	case Unusable:
	}
	return fmt.Sprintf("%s cannot be opened (%v): mend that, or use another --data", dir, e.Err)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

var errNotDirectory = errors.New("not a directory")

// A damage is a cause that lies in what the files hold.
type damage struct{ err error }

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

func damaged(format string, args ...any) error { return &damage{fmt.Errorf(format, args...)} }

// openError says which problem an error is.
func openError(dir string, err error) error {
	var known *OpenError
	var broken *damage
	var held *heldError
	problem := Unusable
	switch {
	case errors.As(err, &known):
		known.Dir = dir
		return known
	case errors.As(err, &held):
		return &OpenError{Dir: dir, Problem: Held, PID: held.pid}
	case errors.Is(err, errNotDirectory), errors.Is(err, syscall.ENOTDIR):
		return &OpenError{Dir: dir, Problem: NotDirectory}
	case errors.Is(err, fs.ErrPermission):
		problem = NoPermission
	case errors.As(err, &broken):
		problem = Damaged
	}
	return &OpenError{Dir: dir, Problem: problem, Err: err}
}

// A shortage is the cause of Full: how many bytes are free, and how many a
// start needs.
type shortage struct{ free, need uint64 }

func (s *shortage) Error() string {
	const mib = 1 << 20
	return fmt.Sprintf("%.1f MiB are free, %.1f MiB are needed", float64(s.free)/mib, float64(s.need)/mib)
}

func (s *shortage) Unwrap() error { return issuer.ErrStorageFull }

// A heldError says that another process has the directory.
type heldError struct{ pid int }

func (e *heldError) Error() string { return fmt.Sprintf("held by process %d", e.pid) }
