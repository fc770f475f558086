package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fc28f635/countersign/attest"
)

// What --terraform takes.
const (
	terraformRoute53    = "route53"
	terraformCloudflare = "cloudflare"
)

// terraform returns key records of one name as Terraform resources (HCL). With
// Route 53 all records of a name are one resource (aws_route53_record, AWS
// provider 5 and 6, which puts the quotation marks itself); with Cloudflare
// each has its own, in quotation marks (cloudflare_dns_record, Cloudflare provider 5; it
// was cloudflare_record before).
func terraform(host, zone string, records []attest.DNSRecord) string {
	label := "client_key_" + noLabel.ReplaceAllString(records[0].Publisher.Domain(), "_")
	zoneID := "var.zone_id # of " + zone
	var b strings.Builder
	if host == terraformRoute53 {
		fmt.Fprintf(&b, "resource \"aws_route53_record\" %s {\n  zone_id = %s\n  name    = %s\n  type    = \"TXT\"\n  ttl     = 3600\n  records = [\n",
			hclString(label), zoneID, hclString(records[0].FullName()))
		for _, r := range records {
			fmt.Fprintf(&b, "    %s,\n", hclString(r.Text()))
		}
		b.WriteString("  ]\n}\n")
		return b.String()
	}
	for i, r := range records {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "resource \"cloudflare_dns_record\" %s {\n  zone_id = %s\n  name    = %s\n  type    = \"TXT\"\n  ttl     = 3600\n  content = %s\n}\n",
			hclString(label+"_"+noLabel.ReplaceAllString(r.Key.KeyID, "_")), zoneID, hclString(r.FullName()), hclString(`"`+r.Text()+`"`))
	}
	return b.String()
}

// noLabel is what the name of a resource cannot have.
var noLabel = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// hclString quotes a text for HCL, whose templates begin with ${ and %{.
func hclString(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `$${`, `%{`, `%%{`).Replace(text) + `"`
}
