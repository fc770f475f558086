package main

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
)

//go:embed dnshosts.json
var dnsHostsJSON []byte

// A dnsHost is a company that serves zones for others, known by the names of its
// name servers. A name is here only where somebody read it: many sources are not
// the company's own page, and a stored copy is not today's. What is made of it is
// one word beside the names of the servers, which decides nothing.
type dnsHost struct {
	Suffix string `json:"suffix"` // "ns.cloudflare.com"
	Name   string `json:"name"`   // "Cloudflare"
	Source string `json:"source"` // where a name server with that suffix is named
	Date   string `json:"date"`   // when a copy of the source was read
}

var dnsHosts = func() []dnsHost {
	var file struct {
		Version string    `json:"version"`
		Hosts   []dnsHost `json:"hosts"`
	}
	if err := strictjson.Decode(dnsHostsJSON, &file); err != nil {
		panic("countersign: dnshosts.json: " + err.Error())
	}
	return file.Hosts
}()

// route53 is how the name servers of a Route 53 hosted zone are named: they have
// no suffix in common
// (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/GetInfoAboutHostedZone.html).
var route53 = regexp.MustCompile(`^ns-[0-9]+\.awsdns-[0-9]+\.(com|net|org|co\.uk)$`)

// dnsHostOf returns who runs a name server, empty where that is not known.
func dnsHostOf(server string) string {
	if route53.MatchString(server) {
		return "Amazon Route 53"
	}
	i := slices.IndexFunc(dnsHosts, func(h dnsHost) bool {
		return server == h.Suffix || strings.HasSuffix(server, "."+h.Suffix)
	})
	if i < 0 {
		return ""
	}
	return dnsHosts[i].Name
}
