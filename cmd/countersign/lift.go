package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func liftCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:   "lift THUMBPRINT|CLIENT_ID --reason TEXT",
		Short: "Lift what is remembered against a key or a metadata document",
		Long: `Lift what the service remembers against a key, or against a metadata document.

THUMBPRINT (RFC 7638, SHA-256) is of a key that is refused with key_exposed: its
private part was seen in public. It can sign again, until that is seen once more:
as long as anybody shows it, lift nothing.

CLIENT_ID is of a metadata document that is refused with statement_rollback: it
held a newer statement once. The next statement in it is taken, however old.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign lift kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k --data ./data --reason "a key for tests, by telephone"
  countersign lift https://acme.example/mcp/client.json --data ./data --reason "signed on a machine whose clock was ahead"`,
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			request := map[string]any{"reason": f.word.Reason}
			what := "key "
			if strings.HasPrefix(args[0], "https://") {
				if _, err := metadata.ParseClientID(args[0]); err != nil {
					return &usageError{err}
				}
				what, request["client_id"] = "statements at ", args[0]
			} else {
				if err := issuer.CheckThumbprint(args[0]); err != nil {
					return &usageError{err}
				}
				request["thumbprint"] = args[0]
			}
			return f.end(c, "lifted: "+what+args[0], "/v1/memory/end", request)
		},
	}
	f.addWord(c, "")
	return c
}
