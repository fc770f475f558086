//go:build unix

package attest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fc28f635/countersign/metadata"
)

func TestLoadOnlyPrivateFiles(t *testing.T) {
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644, 0o660, 0o610, 0o601} {
		t.Run("others have "+mode.String(), func(t *testing.T) {
			path := write(t, []byte(rfc8410Key), mode)
			_, err := Load(path, "", nil)
			if !errors.Is(err, ErrReadableByOthers) || !strings.Contains(err.Error(), "chmod 600") {
				t.Fatalf("error %v", err)
			}
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(path, "", nil); err != nil {
				t.Errorf("after its mend: %v", err)
			}
		})
	}
	t.Run("the owner alone may only read", func(t *testing.T) {
		if _, err := Load(write(t, []byte(rfc8410Key), 0o400), "", nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("Save whatever the umask", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "new", "2026a.pem")
		if err := generate(t, metadata.KeyEd25519).Save(path, nil); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
			info, err := os.Stat(name)
			if err != nil || info.Mode() != want {
				t.Errorf("%s has mode %v, want %v, error %v", name, info.Mode(), want, err)
			}
		}
	})
}

func TestLoadOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	sound := write(t, []byte(rfc8410Key), 0o600)
	link, fifo := filepath.Join(dir, "link.pem"), filepath.Join(dir, "fifo.pem")
	if err := os.Symlink(sound, link); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, path, says string }{
		{"C2 symbolic link", link, "symbolic link"},
		{"C2 FIFO", fifo, "no regular file"},
		{"C2 device", "/dev/zero", "no regular file"},
		{"C2 directory", dir, "no regular file"},
		{"C2 nothing", filepath.Join(dir, "none.pem"), "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			done := make(chan error, 1)
			go func() {
				_, err := Load(tt.path, "", nil)
				done <- err
			}()
			select {
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error %v", err)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("reading it does not end")
			}
		})
	}
	t.Run("C2 Save does not write through a link", func(t *testing.T) {
		target := filepath.Join(dir, "target")
		dangling := filepath.Join(dir, "dangling.pem")
		if err := os.Symlink(target, dangling); err != nil {
			t.Fatal(err)
		}
		if err := generate(t, metadata.KeyEd25519).Save(dangling, nil); err == nil {
			t.Error("saved")
		}
		if _, err := os.Lstat(target); err == nil {
			t.Error("the link was followed")
		}
	})
}
