package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/countersigntest"
	"github.com/fc28f635/countersign/verify/online"
)

type demoFlags struct {
	json bool
	keep string
}

func demoCommand() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show on this machine what eight clients are granted, and why",
		Long: `Start DNS, HTTPS and the service on loopback, with keys that live as long as
the demo, present eight clients, and print what was decided on each. Nothing
leaves this machine, and everything is removed at the end.

Exit status: 0 where all eight came out as they must, else 3.`,
		Example: "  countersign demo\n  countersign demo --json\n  countersign demo --keep demo",
		GroupID: groupOperator,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runDemo(c, f) },
	}
	c.Flags().BoolVar(&f.json, "json", false, "print rows and decisions as JSON")
	c.Flags().StringVar(&f.keep, "keep", "", "keep the statement, the decisions and the database in the new directory `DIR`")
	return c
}

// demoFreeBytes is the free space below which the demo writes nothing: it fits
// into a temporary directory of 64 MiB.
const demoFreeBytes = 16 << 20

// demoTimeout ends a demo that hangs; a whole one takes about a second.
const demoTimeout = time.Minute

func runDemo(c *cobra.Command, f demoFlags) error {
	ctx, cancel := context.WithTimeout(c.Context(), demoTimeout)
	defer cancel()
	rows, err := playDemo(ctx, f.keep, c.ErrOrStderr())
	switch {
	case c.Context().Err() != nil:
		return fail(errors.New("the demo was interrupted"), "")
	case err != nil:
		return fail(fmt.Errorf("the demo: %w", err), "it needs a temporary directory (TMPDIR) with 64 MiB, and 127.0.0.1")
	}
	if f.json {
		writeJSON(c.OutOrStdout(), map[string]any{"rows": rows})
	} else {
		printDemo(c.OutOrStdout(), rows, f.keep)
	}
	return judgeDemo(c.ErrOrStderr(), rows)
}

// judgeDemo tells what is wrong, and returns an error where anything is.
func judgeDemo(w io.Writer, rows []demoRow) error {
	wrong := 0
	for i, row := range rows {
		for _, problem := range row.Wrong {
			fmt.Fprintf(w, "countersign: error: row %d (%s): %s\n", i+1, row.Presented, printable(problem))
		}
		if len(row.Wrong) > 0 {
			wrong++
		}
	}
	if wrong == 0 {
		return nil
	}
	fmt.Fprintf(w, "countersign: error: %d of %d clients did not come out as they must\n", wrong, len(rows))
	return &exitError{code: exitFailed}
}

// playDemo builds the stage, presents the clients, and takes the stage down
// whatever came of it.
func playDemo(ctx context.Context, keep string, progress io.Writer) (rows []demoRow, err error) {
	dir, remove, err := demoDir(keep)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()

	fmt.Fprintln(progress, "countersign: starting DNS and HTTPS on loopback")
	world, err := countersigntest.New(countersigntest.Config{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	acme, err := world.NewPublisher("acme.example")
	if err != nil {
		return nil, err
	}

	fmt.Fprintln(progress, "countersign: starting the service on a database in", dir)
	svc, err := startService(ctx, serviceConfig{
		Dir: filepath.Join(dir, "data"), Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
		Lookup: online.Config{
			Resolvers: []online.Resolver{{Address: world.Resolver()}}, RootCAs: world.CA(),
			InsecureLoopback: true, InsecureConnectTo: world.ConnectTo,
		},
		AuthorizationServer: "https://as.example", Small: true, MinFreeBytes: demoFreeBytes,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, svc.stop()) }()

	fmt.Fprintln(progress, "countersign: presenting eight clients to", svc.url()+decisionsPath)
	stage := &demoStage{world: world, acme: acme, service: svc, client: svc.client()}
	steps, err := stage.steps()
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		row, err := stage.play(ctx, step)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.presented, err)
		}
		rows = append(rows, row)
	}
	if keep != "" {
		err = stage.keep(dir, rows)
	}
	return rows, err
}

// demoDir returns the directory of a demo: a temporary one that is removed, or
// the one to keep, which must be new or empty.
func demoDir(keep string) (dir string, remove func() error, err error) {
	if keep == "" {
		dir, err = os.MkdirTemp("", "countersign-demo-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	entries, err := os.ReadDir(keep)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(keep, 0o700)
	case len(entries) > 0:
		err = fmt.Errorf("%q is not empty", keep)
	}
	return keep, func() error { return nil }, err
}
