// Package toolmap maps the tools of MCP servers to scopes and classes. Call
// [Propose] with what a server lists, and print the result with
// [Proposal.Policy] or in the form of an authorization server; [Compare] says
// what changed since, and [Cover] what is behind each scope.
//
// What a server says of its tools are hints (MCP 2025-11-25, Server Features,
// Tools: "clients MUST consider tool annotations to be untrusted unless they come
// from trusted servers"). A person who removes a mark vouches for them.
package toolmap

import (
	"fmt"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

// An Announced tool is one as its server lists it.
type Announced struct {
	Name, Description string

	// ReadOnly and Destructive are the annotations readOnlyHint, false where it
	// is absent, and destructiveHint, nil where it is absent.
	ReadOnly    bool
	Destructive *bool

	// Inputs and Outputs are the names of the properties in its schemas.
	Inputs, Outputs []string
}

// Check reports what is wrong with a list of tools: a name that a policy cannot
// have, or one that is there twice. Too many are wrong too.
func Check(tools []Announced) error {
	if len(tools) > limits.Tools {
		return fmt.Errorf("more than %d tools", limits.Tools)
	}
	seen := make(map[string]bool, len(tools))
	for _, tool := range tools {
		if err := issuer.CheckToolName(tool.Name); err != nil {
			return err
		}
		if seen[tool.Name] {
			return fmt.Errorf("tool %q is there twice", tool.Name)
		}
		seen[tool.Name] = true
	}
	return nil
}
