package main

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"
)

// An interruptible reader ends a read when its context ends: one from a terminal
// or a pipe may else wait for ever.
type interruptible struct {
	ctx    context.Context
	source io.Reader
}

// Read implements [io.Reader].
func (r *interruptible) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	own := make([]byte, len(p)) // p is the caller's again once this returns
	go func() {
		n, err := r.source.Read(own)
		done <- result{n, err}
	}()
	select {
	case <-r.ctx.Done():
		return 0, context.Cause(r.ctx)
	case got := <-done:
		return copy(p, own[:got.n]), got.err
	}
}

// terminal returns the terminal that stdin is, if it is one.
func terminal(stdin io.Reader) (*os.File, bool) {
	if r, ok := stdin.(*interruptible); ok {
		stdin = r.source
	}
	file, ok := stdin.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// readPassphrase reads a line that is not shown. When the context ends the
// terminal shows again what is typed.
func readPassphrase(ctx context.Context, file *os.File) ([]byte, error) {
	before, err := term.GetState(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	type result struct {
		line []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := term.ReadPassword(int(file.Fd()))
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		_ = term.Restore(int(file.Fd()), before)
		return nil, context.Cause(ctx)
	case got := <-done:
		return got.line, got.err
	}
}
