package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

// A command that waits for standard input ends when it is interrupted.
func TestInterruptedRead(t *testing.T) {
	for _, args := range [][]string{{"verify", "--offline", "-"}, {"why", "-"}, {"decide", "-"}} {
		t.Run(args[0], func(t *testing.T) {
			stdin, open := io.Pipe()
			defer open.Close()
			ctx, cancel := context.WithCancel(t.Context())
			var out, errs bytes.Buffer
			done := make(chan int, 1)
			go func() { done <- run(ctx, args, stdin, &out, &errs) }()
			if _, err := open.Write([]byte("e")); err != nil { // it reads
				t.Fatal(err)
			}
			cancel()
			select {
			case code := <-done:
				if code != exitFailed {
					t.Errorf("exit %d: %s", code, errs.String())
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it still reads")
			}
		})
	}
}

// Who interrupts a question has nothing half done: init asks before it makes.
func TestInterruptedQuestion(t *testing.T) {
	stdin, open := io.Pipe()
	defer open.Close()
	ctx, cancel := context.WithCancel(t.Context())
	c := &cobra.Command{}
	c.SetIn(&interruptible{ctx, stdin})
	c.SetErr(io.Discard)
	f := initFlags{dir: filepath.Join(t.TempDir(), "acme"), path: defaultDocumentPath}
	done := make(chan error, 1)
	go func() { done <- f.ask(c, metadata.MustPublisher("https://acme.example")) }()
	if _, err := open.Write([]byte("Acme\n")); err != nil { // the first is answered
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) || f.redirectURIs != nil {
			t.Errorf("%v, %q", err, f.redirectURIs)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still asks")
	}
	if _, err := os.Stat(f.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
}
