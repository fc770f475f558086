// Command bench measures what speed is promised for, and prints one table:
// ours, reference, ratio, goal, met or not. Run it with make bench; it takes
// about four minutes, listens on loopback only, and ends what it started.
//
// Times drift on a busy machine, so that a time alone says little. Ours and the
// reference take turns, round by round; the table has the medians, and the
// median of the rounds' ratios. A goal that is not met is no failure: nothing
// is asserted here.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"
)

// bareMode is the argument with which bench starts itself as the bare server.
const bareMode = "bare"

func main() {
	rounds := flag.Int("rounds", 9, "how often each measurement is taken: an odd number")
	dir := flag.String("dir", "", "keep temporary data below this directory: put it on the disk to measure (default: the system's)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if flag.Arg(0) == bareMode {
		err = serveBare(ctx, os.Stdout)
	} else {
		err = run(ctx, *rounds, *dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, parent string) (err error) {
	dir, err := os.MkdirTemp(parent, "countersign-bench-")
	if err != nil {
		return err
	}
	defer func() {
		if removed := os.RemoveAll(dir); err == nil {
			err = removed
		}
	}()
	fmt.Printf("%s, %s %s/%s, %d cores, %d rounds\n\n", time.Now().UTC().Format("2006-01-02 15:04 UTC"),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds)
	rows, err := measureCode(ctx, dir, rounds)
	if err != nil {
		return err
	}
	replay, err := measureReplay(ctx, dir, rounds)
	if err != nil {
		return err
	}
	service, err := measureService(ctx, dir, rounds)
	if err != nil {
		return err
	}
	return printTable(os.Stdout, append(append(rows, replay), service...))
}
