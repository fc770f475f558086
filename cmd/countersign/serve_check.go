package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/metadata"
)

// A checkedConfig is what --check-config prints: what the service would be
// started with.
type checkedConfig struct {
	Settings []config.Value    `json:"settings"`
	Policy   checkedPolicy     `json:"policy"`
	Lists    map[string]string `json:"lists"` // the day of each embedded list
}

type checkedPolicy struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	From   string `json:"from"`
}

// runCheckConfig reads everything and starts nothing. Whatever is wrong outside
// the command line is wrong input.
func runCheckConfig(c *cobra.Command, src config.Sources, asJSON bool) error {
	settings, err := loadSettings(src)
	var p *parts
	if err == nil {
		p, err = prepare(settings)
	}
	var exit *exitError
	if errors.As(err, &exit) {
		return &exitError{code: exitRejected, err: exit.err, hint: exit.hint}
	}
	if err != nil {
		return err
	}
	checked := checkedConfig{
		Settings: settings.Values(),
		Policy:   checkedPolicy{p.policy.Name(), p.policy.Digest(), p.policy.from},
		Lists:    map[string]string{"hosts": metadata.HostsVersion(), "names": metadata.NamesVersion(), "special_addresses": fetch.SpecialVersion()},
	}
	if asJSON {
		writeJSON(c.OutOrStdout(), checked)
		return nil
	}
	return checked.print(c.OutOrStdout())
}

// print writes a line for each setting: its key, its value, what set it.
func (checked checkedConfig) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range checked.Settings {
		text, ok := v.Value.(string)
		if !ok {
			encoded, err := json.Marshal(v.Value)
			if err != nil {
				return fail(err, "")
			}
			text = string(encoded)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", v.Key, printable(text), printable(v.From))
	}
	fmt.Fprintf(table, "policy in force\t%s %s\t%s\n", printable(checked.Policy.Name), checked.Policy.Digest, printable(checked.Policy.From))
	return table.Flush()
}
