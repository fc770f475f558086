package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/metadata"
)

// LoadProtectedNames reads the file that protected_names names:
//
//	names:
//	  - name: Acme Agent
//	    domains: [acme.example, acme-agent.example]
//
// A name may be left away, so that the domains alone are protected. The error
// has the place.
func LoadProtectedNames(path string) ([]metadata.ProtectedName, error) {
	data, err := strictyaml.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading protected names: %w", err)
	}
	var file struct {
		Names []struct {
			Name    string   `yaml:"name"`
			Domains []string `yaml:"domains"`
		} `yaml:"names"`
	}
	doc, err := strictyaml.Decode(data, &file)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	fault := func(at string, err error) error { return fmt.Errorf("%q: %w", path, doc.Fault(at, err)) }
	if len(file.Names) == 0 || len(file.Names) > limits.ProtectedNames {
		return nil, fault("names", fmt.Errorf("names are %d, and must be from 1 to %d", len(file.Names), limits.ProtectedNames))
	}
	list := make([]metadata.ProtectedName, 0, len(file.Names))
	seen := map[string]bool{}
	for i, n := range file.Names {
		at := fmt.Sprintf("names[%d]", i)
		if err := checkProtectedName(n.Name); err != nil {
			return nil, fault(at+".name", err)
		}
		if folded := metadata.FoldName(n.Name); n.Name != "" && seen[folded] {
			return nil, fault(at+".name", fmt.Errorf("%.100q is there twice: give it all its domains once", n.Name))
		} else {
			seen[folded] = true
		}
		if len(n.Domains) == 0 {
			return nil, fault(at, errors.New("domains are missing: name those that the name is known from"))
		}
		for j, domain := range n.Domains {
			if _, err := metadata.PublisherOf(domain); err != nil {
				return nil, fault(fmt.Sprintf("%s.domains[%d]", at, j), fmt.Errorf("%.100q is no domain such as acme.example, in lower case and as A-labels: %w", domain, err))
			}
		}
		list = append(list, metadata.ProtectedName{Name: n.Name, Domains: n.Domains})
	}
	return list, nil
}

// checkProtectedName refuses names that nothing could resemble, or anything.
func checkProtectedName(name string) error {
	if err := metadata.CheckName(name); err != nil {
		return fmt.Errorf("name %.100q: %w", name, err)
	}
	if name != "" && !strings.ContainsFunc(name, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }) {
		return fmt.Errorf("name %.100q has no letter", name)
	}
	return nil
}
