package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

func documentsPinCommand() *cobra.Command {
	var f operatorFlags
	var from, until string
	c := &cobra.Command{
		Use:   "pin URL --from FILE --until TIME --reason TEXT",
		Short: "Keep a copy of a metadata document",
		Long: `Keep a copy of a metadata document, which stands for it where it cannot be had,
for at most 90 days. The copy is checked as a fetched one is. It is in force within
a minute, which is how long a failed look-up is remembered.

Exit status: 0 recorded, 1 the document is wrong, 2 the command line is wrong, 3 it
was not recorded.`,
		Example: `  countersign documents pin https://acme.example/mcp/client.json --from client.json --until 7d --data ./data --reason "bot challenge"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runPin(c, &f, args[0], from, until)
		},
	}
	f.addWord(c, "")
	c.Flags().StringVar(&from, "from", "", "the document is in `FILE`; - is standard input")
	c.Flags().StringVar(&until, "until", "", "end at `TIME`: a time, a day, or how long from now")
	return c
}

func runPin(c *cobra.Command, f *operatorFlags, clientID, from, until string) error {
	if from == "" || until == "" {
		return &usageError{errors.New("--from FILE and --until TIME are needed")}
	}
	end, err := parseUntil(until, testOnlyNow())
	if err != nil {
		return err
	}
	if err := f.checkWord(); err != nil {
		return err
	}
	document, err := readDocument(from, c.InOrStdin())
	if err != nil {
		return fail(err, "")
	}
	p := issuer.Pin{ClientID: clientID, Document: document, Actor: f.word.Actor, Reason: f.word.Reason, At: testOnlyNow(), Until: end}
	if err := p.Check(limits.DocumentBytes); err != nil {
		return &exitError{code: exitRejected, err: err}
	}
	request := map[string]any{"client_id": clientID, "document": string(document), "reason": f.word.Reason, "until": end.Format(time.RFC3339)}
	if err := f.post(c, "nothing was pinned", "/v1/pins", request, &p); err != nil {
		return err
	}
	if f.json {
		p.Document = nil
		writeJSON(c.OutOrStdout(), p)
		return nil
	}
	fmt.Fprintf(c.OutOrStdout(), "pinned:   %s\nuntil     %s, by %s\ndigest    %s\n", oneLine(p.ClientID), clock(p.Until), oneLine(byText(p.Actor, p.Reason)), oneLine(p.Digest))
	return nil
}

// readDocument reads a document, and a byte more than one may have.
func readDocument(from string, stdin io.Reader) ([]byte, error) {
	reader := stdin
	if from != "-" {
		file, err := os.Open(from)
		if err != nil {
			return nil, fmt.Errorf("reading the document: %w", err)
		}
		defer file.Close()
		reader = file
	}
	data, err := io.ReadAll(io.LimitReader(reader, limits.DocumentBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	return data, nil
}

func documentsUnpinCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "unpin URL",
		Short:   "Drop the copy of a metadata document",
		Long:    "Drop the copy of a metadata document. It is out of force within a minute.",
		Example: "  countersign documents unpin https://acme.example/mcp/client.json --data ./data",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.end(c, "no more pinned: "+args[0], "/v1/pins/end", map[string]any{"client_id": args[0], "reason": f.word.Reason})
		},
	}
	f.addWord(c, "not needed any more")
	return c
}
