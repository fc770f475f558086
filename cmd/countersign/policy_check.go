package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/toolmap"
	"github.com/fc28f635/countersign/issuer"
)

type policyCheckFlags struct {
	settings string
	strict   bool
	json     bool
}

// A policyReport is what policy check says of one file.
type policyReport struct {
	File      string             `json:"file"`
	Error     string             `json:"error,omitempty"` // of one that is wrong: nothing else is said of it
	Name      string             `json:"name,omitempty"`
	Digest    string             `json:"digest,omitempty"`
	Warnings  []string           `json:"warnings"`
	Overrides []issuer.Override  `json:"overrides"`
	Tiers     []issuer.Terms     `json:"tiers"`
	Spanning  []toolmap.Covered  `json:"scopes_spanning_classes"`
	Tools     policyReportTools  `json:"tools"`
	Needs     issuer.SourceNeeds `json:"source_needs"`
}

// policyReportTools counts the tools that a policy declares.
type policyReportTools struct {
	Declared   int `json:"declared"`
	Guessed    int `json:"guessed"`    // nobody has looked at their class
	Unreviewed int `json:"unreviewed"` // they became more harmful since somebody did
	Unscoped   int `json:"unscoped"`   // in no scope: granted to nobody
}

func policyCheckCommand() *cobra.Command {
	var f policyCheckFlags
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check policies, and show what each tier is given",
		Long: `Read each policy as the service would, and say what is wrong, where, and what to do
about it. Of one that is right, print what it is likely not to mean, its overrides,
what each tier is given, and how much a client of the tier could do at worst.

The blast radius is that number, for each class of tools:

  tools of the class x calls that the budget allows x time to contain

TOOLS are those that the tier can be granted of all declared resources; a scope
without tools counts as one. The calls are those of all tools of the class together:
the smaller of what the minutes and the days that have begun allow. HELD is for a
client that somebody stops: until its last access token ends. UNNOTICED is for one
that nobody does: until its session ends. Where no resource is declared the radius
is not known, and the calls are shown.

With --settings also check that the service's settings name the files that rules on
countries, autonomous systems and lists need.

Exit status: 0 right; 1 a policy is wrong, or with --strict there is a warning; 2 the
command line is wrong; 3 a file could not be read.`,
		Example: `  countersign policy check policy.yaml
  countersign policy check --strict --settings countersign.yaml policy.yaml
  countersign policy check --json policies/*.yaml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runPolicyCheck(c, f, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.settings, "settings", "", "check the rules on sources against the service's settings in `FILE`")
	flags.BoolVar(&f.strict, "strict", false, "exit 1 where there is a warning")
	flags.BoolVar(&f.json, "json", false, "print as JSON")
	return c
}

func runPolicyCheck(c *cobra.Command, f policyCheckFlags, files []string) error {
	var settings *config.Settings
	if f.settings != "" {
		var err error
		if settings, err = loadSettings(config.Sources{Flags: map[string][]string{"config": {f.settings}}}); err != nil {
			return err
		}
	}
	var wrong []error
	warned := false
	reports := make([]policyReport, len(files))
	for i, file := range files {
		p, err := issuer.LoadPolicy(file)
		if isAbsent(err) {
			return fail(err, "")
		}
		if err == nil && settings != nil {
			if missing := checkSourceNeeds(p, settings.Geo); missing != nil {
				err = fmt.Errorf("%q: %w", file, missing)
			}
		}
		reports[i] = policyReport{File: file}
		if err != nil {
			reports[i].Error = err.Error()
			wrong = append(wrong, err)
			continue
		}
		reports[i].fill(p)
		warned = warned || len(reports[i].Warnings) > 0
	}
	if f.json {
		writeJSON(c.OutOrStdout(), map[string]any{"policies": reports})
	} else {
		for i, r := range reports {
			if r.Error == "" {
				r.print(c.OutOrStdout(), i > 0)
			}
		}
	}
	switch {
	case len(wrong) > 0:
		return &exitError{code: exitRejected, err: errors.Join(wrong...), hint: "docs/policy.md says what a policy is"}
	case f.strict && warned:
		return &exitError{code: exitRejected, err: errors.New("there are warnings, and --strict"), hint: ""}
	}
	return nil
}

// fill says what a policy is that is right.
func (r *policyReport) fill(p *issuer.Policy) {
	r.Name, r.Digest, r.Tiers, r.Needs = p.Name(), p.Digest(), p.Terms(), p.SourceNeeds()
	r.Warnings, r.Overrides = append([]string{}, p.Warnings()...), append([]issuer.Override{}, p.Overrides()...)
	coverage := toolmap.Cover(p.Resources(), nil)
	r.Spanning, r.Tools.Unscoped = coverage.Spanning(), len(coverage.Unscoped)
	for _, resource := range p.Resources() {
		for _, tool := range resource.Tools {
			r.Tools.Declared++
			if tool.Guessed {
				r.Tools.Guessed++
			}
			if tool.Was != nil {
				r.Tools.Unreviewed++
			}
		}
	}
	if n := r.Tools.Guessed; n > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d tools are guessed: look at their class, and take %q away", n, r.Tools.Declared, "guessed"))
	}
	if n := r.Tools.Unreviewed; n > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d tools became more harmful, and are granted to nobody: look at them, and take %q away", n, r.Tools.Declared, "was"))
	}
}
