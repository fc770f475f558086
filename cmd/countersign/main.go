// Command countersign proves who is behind an OAuth client: it signs for
// publishers, verifies for anyone, and decides for operators.
package main

import (
	"context"
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

// run is the whole program. It returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(&interruptible{ctx, stdin}, stdout, stderr)
	root.SetArgs(args)
	executed, err := root.ExecuteContextC(ctx)
	return report(err, wantsJSON(executed, err, args), stdout, stderr)
}
