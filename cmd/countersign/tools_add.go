package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/internal/toolmap"
	"github.com/fc28f635/countersign/issuer"
)

func tellAdded(w io.Writer, policy string, proposals []toolmap.Proposal) {
	for _, p := range proposals {
		fmt.Fprintf(w, "countersign: added to %s: %s\n", printable(policy), printable(p.Resource))
	}
}

// readPolicy reads the policy that is added to.
func (f *importFlags) readPolicy() ([]byte, error) {
	data, err := strictyaml.ReadFile(f.addTo)
	if err != nil {
		return nil, fail(fmt.Errorf("reading policy: %w", err), command("policy", "show")+" prints one to begin with")
	}
	if _, err := issuer.ParsePolicy(data); err != nil {
		return nil, &exitError{exitRejected, fmt.Errorf("%q: %w", f.addTo, err), "mend it first; nothing was changed"}
	}
	return data, nil
}

// addToPolicy writes the policy with the proposals, whole or not at all.
func (f *importFlags) addToPolicy(proposals []toolmap.Proposal) error {
	data, err := f.readPolicy()
	if err != nil {
		return err
	}
	after, err := toolmap.Add(data, proposals)
	if err != nil {
		hint := "nothing was changed; without --add-to the section is printed"
		if errors.Is(err, toolmap.ErrDeclared) {
			hint = "nothing was changed; " + command("tools", "diff", f.addTo) + " says what is new"
		}
		return &exitError{exitRejected, fmt.Errorf("adding to %q: %w", f.addTo, err), hint}
	}
	path, err := filepath.EvalSymlinks(f.addTo)
	if err == nil {
		var info os.FileInfo
		if info, err = os.Stat(path); err == nil {
			err = writeWithMode(path, after, info.Mode().Perm())
		}
	}
	if err != nil {
		return fail(fmt.Errorf("writing policy: %w", err), "")
	}
	return nil
}
