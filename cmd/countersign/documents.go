package main

import (
	"github.com/spf13/cobra"
)

func documentsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "documents",
		Short: "Keep copies of metadata documents that cannot be fetched",
		Long: `Keep copies of metadata documents for as long as they cannot be fetched: behind a
bot challenge, or during an outage. A pinned copy stands for the document only
where the address gives none; what it serves, and 410 (Gone), always win. The
decision says whose copy it was.`,
		Example: `  countersign documents pin https://acme.example/mcp/client.json --from client.json --until 7d --data ./data --reason "bot challenge"`,
		GroupID: groupOperator,
	}
	return group(c, documentsPinCommand(), documentsUnpinCommand(), documentsListCommand())
}
