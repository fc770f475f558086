package main

import (
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/issuer"
)

// A policy that asks for what no file says is refused: its rules would deny nobody.
func TestSourceNeeds(t *testing.T) {
	all := config.Geo{CountryFile: "c", ASNFile: "a", Lists: []config.ReputationList{{Name: "drop", File: "d"}}}
	for set, want := range map[string]string{
		"networks: [192.0.2.0/24]": "", "countries: [DE]": "geo.country_file", "asns: [64500]": "geo.asn_file", "lists: [drop]": `the list "drop"`,
	} {
		p, err := issuer.ParsePolicy([]byte(string(issuer.Standard().Source()) +
			"\nsources:\n  - {name: x, looks_at: publisher, deny: {" + set + "}, reason: y}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkSourceNeeds(p, config.Geo{}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s without files: %v", set, err)
		}
		if err := checkSourceNeeds(p, all); err != nil {
			t.Errorf("%s with all files: %v", set, err)
		}
	}
}
