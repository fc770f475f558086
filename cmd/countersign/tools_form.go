package main

import (
	"io"

	"github.com/fc28f635/countersign/internal/toolmap"
	"github.com/fc28f635/countersign/issuer"
)

// The forms in which imported scopes are printed.
const (
	formPolicy    = "policy"
	formMetadata  = "rfc9728"
	formKeycloak  = "keycloak"
	formHydra     = "hydra"
	formTerraform = "terraform"
)

var forms = []string{formPolicy, formMetadata, formKeycloak, formHydra, formTerraform}

// printForm prints the proposals in the form that was asked for.
func printForm(w io.Writer, f importFlags, proposals []toolmap.Proposal) error {
	var err error
	switch f.form {
	case formMetadata:
		writeJSON(w, proposals[0].Metadata(f.authz))
	case formKeycloak:
		writeJSON(w, toolmap.Keycloak(proposals))
	case formHydra:
		writeJSON(w, toolmap.Hydra(proposals))
	case formTerraform:
		_, err = io.WriteString(w, toolmap.Terraform(proposals))
	default:
		if f.json {
			writeJSON(w, map[string]any{"resources": proposedJSON(proposals)})
			return nil
		}
		_, err = io.WriteString(w, toolmap.Policy(proposals))
	}
	return err
}

type resourceJSON struct {
	Resource string      `json:"resource"`
	Mode     issuer.Mode `json:"mode"`
	Guessed  int         `json:"guessed"`
	Tools    []toolJSON  `json:"tools"`
}

type toolJSON struct {
	Name      string        `json:"name"`
	Scope     string        `json:"scope"`
	Class     issuer.Class  `json:"class"`
	Sensitive bool          `json:"sensitive"`
	Guessed   bool          `json:"guessed"`
	Was       *issuer.Class `json:"was,omitempty"`
	Why       []string      `json:"why,omitempty"`
}

func proposedJSON(proposals []toolmap.Proposal) []resourceJSON {
	list := []resourceJSON{}
	for _, p := range proposals {
		r := resourceJSON{p.Resource, p.Mode, p.Guesses(), []toolJSON{}}
		for _, tool := range p.Tools {
			r.Tools = append(r.Tools, jsonOf(tool.Name, tool.Tool, tool.Why))
		}
		list = append(list, r)
	}
	return list
}

func jsonOf(name string, t issuer.Tool, why []string) toolJSON {
	return toolJSON{name, t.Scope, t.Class, t.Sensitive, t.Guessed, t.Was, why}
}
