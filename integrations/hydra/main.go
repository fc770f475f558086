// Command hydra is Ory Hydra as its authors publish it, pinned in go.mod: one of
// the authorization servers that tests look at. scripts/peers builds it.
package main

import "github.com/ory/hydra/v2/cmd"

func main() { cmd.Execute() }
