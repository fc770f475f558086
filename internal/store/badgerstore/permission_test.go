//go:build unix

package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// userDir is the environment variable that makes a test a process of an
// ordinary user that opens the directory which it names: root is refused nothing.
const userDir = "BADGERSTORE_TEST_USER_DIR"

const ordinaryUser = 65534

// A directory in which nothing can be written is not damaged: somebody has to
// change its mode.
func TestPermission(t *testing.T) {
	if dir := os.Getenv(userDir); dir != "" {
		openAsOrdinaryUser(t, dir)
		return
	}
	files, _ := killedDirectory(t)
	t.Run("T6 nothing wrong", func(t *testing.T) {
		dir := restore(t, files)
		give(t, dir)
		if problem := asOrdinaryUser(t, dir); problem != "none" {
			t.Errorf("the problem is %s", problem)
		}
	})
	for _, c := range []struct {
		name string
		take func(dir string) error
	}{
		{"a directory that cannot be written", func(dir string) error { return os.Chmod(dir, 0o500) }},
		{"a directory that cannot be read", func(dir string) error { return os.Chmod(dir, 0) }},
		{"an empty directory", func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o500))
		}},
		{"a directory that was only locked", func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700),
				os.WriteFile(filepath.Join(dir, lockFile), pidText(), 0o600), os.Chmod(dir, 0o500))
		}},
		{"a table that cannot be written", func(dir string) error { return os.Chmod(filepath.Join(dir, "000001.sst"), 0o400) }},
		{"a log that cannot be written", func(dir string) error { return os.Chmod(filepath.Join(dir, "00001.mem"), 0o400) }},
		{"a manifest that cannot be read", func(dir string) error { return os.Chmod(filepath.Join(dir, "MANIFEST"), 0) }},
		{"no number of the last commit", func(dir string) error { return os.Chmod(filepath.Join(dir, acknowledgedFile), 0) }},
	} {
		t.Run("T6 "+c.name, func(t *testing.T) {
			dir := restore(t, files)
			if err := c.take(dir); err != nil {
				t.Fatal(err)
			}
			give(t, dir)
			t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
			if problem := asOrdinaryUser(t, dir); problem != string(NoPermission) {
				t.Errorf("the problem is %s, want %s", problem, NoPermission)
			}
		})
	}
}

// give gives a directory to the ordinary user.
func give(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { // that of the test
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(name, ordinaryUser, ordinaryUser))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// asOrdinaryUser opens a directory in another process, and returns the problem
// with it.
func asOrdinaryUser(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestPermission$")
	cmd.Env = append(os.Environ(), userDir+"="+dir, "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, after, _ := strings.Cut(string(out), "problem: ")
	problem, _, ok := strings.Cut(after, "\n")
	if !ok {
		t.Fatalf("the child said %s", out)
	}
	return problem
}

func openAsOrdinaryUser(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(ordinaryUser), syscall.Setuid(ordinaryUser)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(small(dir))
	if err == nil {
		closeStore(t, s)
		fmt.Println("problem: none")
		return
	}
	var refusal *OpenError
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	if refusal.Problem != NoPermission {
		t.Log(err)
	}
	fmt.Printf("problem: %s\n", refusal.Problem)
}
