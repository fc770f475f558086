package main

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"
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
