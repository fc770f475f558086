// Command countersign proves who is behind an OAuth client: it signs for
// publishers, verifies for anyone, and decides for operators.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program. It returns the exit code, which is that of a failure
// also where the command did its work and could not say so.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &output{w: stdout}
	root := newRoot(&interruptible{ctx, stdin}, out, stderr)
	root.SetArgs(args)
	executed, err := root.ExecuteContextC(ctx)
	code := report(err, wantsJSON(executed, err, args), out, stderr)
	if out.err != nil {
		return report(fail(fmt.Errorf("standard output: %w", out.err), "what the command did is done, and was not told"), false, out, stderr)
	}
	return code
}
