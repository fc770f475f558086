package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

func clientsAcceptCommand() *cobra.Command {
	var f operatorFlags
	var shape, until string
	c := &cobra.Command{
		Use:   "accept --shape SHAPE --reason TEXT",
		Short: "Accept the clients of one shape",
		Long: `Accept the clients of one shape: they reach tier accepted, until the acceptance
ends. "countersign clients list" has the shapes of those that came. A client that
changes its name or where its codes go has another shape, and is asked about
again.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign clients accept --data ./data --shape sha256:… --reason "our editor" --until 90d`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if shape == "" {
				return errNoShape
			}
			return runAccept(c, &f, acceptRequest{Shape: metadata.Shape(shape)}, until)
		},
	}
	f.addWord(c, "")
	c.Flags().StringVar(&shape, "shape", "", "accept clients of `SHAPE`")
	c.Flags().StringVar(&until, "until", "365d", "end at `TIME`: a time, a day, or how long from now")
	return c
}

var errNoShape = &usageError{errors.New("--shape SHAPE is missing: countersign clients list has the shapes of those that came")}

func clientsUnacceptCommand() *cobra.Command {
	var f operatorFlags
	var shape string
	c := &cobra.Command{
		Use:     "unaccept --shape SHAPE --reason TEXT",
		Short:   "End the acceptance of a shape",
		Example: `  countersign clients unaccept --data ./data --shape sha256:… --reason "replaced"`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if shape == "" {
				return errNoShape
			}
			if err := checkShape(metadata.Shape(shape)); err != nil {
				return err
			}
			return f.end(c, "no more accepted: "+shape, "/v1/acceptances/end", map[string]any{"shape": shape, "reason": f.word.Reason})
		},
	}
	f.addWord(c, "")
	c.Flags().StringVar(&shape, "shape", "", "end the acceptance of `SHAPE`")
	return c
}
