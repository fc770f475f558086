package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A printedReport is what the report is as JSON.
type printedReport struct {
	Since time.Time `json:"since"`
	issuer.Summary
	Vendors []vendorToAsk   `json:"vendors"`
	Reviews []issuer.Review `json:"reviews"` // pending
}

// A vendorToAsk is a vendor with the line to send it.
type vendorToAsk struct {
	issuer.Vendor
	Ask string `json:"ask"`
}

func reportOf(s issuer.Summary, since time.Time) printedReport {
	r := printedReport{Since: since.UTC(), Summary: s, Vendors: []vendorToAsk{}}
	for _, v := range s.Vendors {
		r.Vendors = append(r.Vendors, vendorToAsk{v, askToSign(v)})
	}
	return r
}

// publishersGuide is where a vendor reads how to sign.
const publishersGuide = "https://github.com/fc28f635/countersign/blob/main/docs/publishers.md"

// askToSign is the line to send to a vendor.
func askToSign(v issuer.Vendor) string {
	domain := v.Publisher.Domain()
	names := make([]string, len(v.Software))
	for i, name := range v.Software {
		names[i] = strconv.Quote(name)
	}
	of := "software"
	if len(names) > 0 {
		of = strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s of %s asks our users for access and is not signed, so that we cannot tell it from a copy. "+
		"If you sign it on your domain, we trust it as yours: countersign init %s, then what %s says.", of, domain, domain, publishersGuide)
}

// How much of each list is printed: --json has all.
const (
	softwareShown = 20
	lossesShown   = 5
	vendorsShown  = 10
)

func printReport(w io.Writer, r printedReport) {
	fmt.Fprintf(w, "%d decisions since %s", r.Decisions, clock(r.Since))
	if r.Decisions == 0 {
		fmt.Fprintln(w, ": nobody came.")
		return
	}
	fmt.Fprintf(w, ", %d of them only observed\n", r.Observed)
	if r.NotToldApart > 0 {
		fmt.Fprintf(w, "%d of them are of more software than is told apart\n", r.NotToldApart)
	}
	if len(r.Lookalikes) > 0 {
		fmt.Fprintln(w, "\nLOOK-ALIKES: their names or domains resemble those of somebody else")
		printSoftwareReports(w, r.Lookalikes)
	}
	fmt.Fprintln(w, "\nTOTALS: where it is only observed, what enforcing comes to")
	s := newSheet(w, "TIER", "OUTCOME", "DECISIONS")
	for _, t := range r.Totals {
		s.line(t.Tier.String(), string(t.Outcome), strconv.Itoa(t.Decisions))
	}
	s.print()
	if len(r.Denials) > 0 {
		fmt.Fprintln(w, "\nDENIED, OR WOULD BE")
		s := newSheet(w, "REASON", "DECISIONS")
		for _, d := range r.Denials {
			s.line(string(d.Reason), strconv.Itoa(d.Decisions))
		}
		s.print()
	}
	if len(r.Software) > 0 {
		fmt.Fprintln(w, "\nSOFTWARE: names are claims")
		printSoftwareReports(w, r.Software)
	}
	if len(r.Reviews) > 0 {
		fmt.Fprintf(w, "\nREVIEWS: %d pending: countersign review list\n", len(r.Reviews))
	}
	printVendors(w, r.Vendors)
}

func printSoftwareReports(w io.Writer, list []issuer.SoftwareReport) {
	for i, s := range list {
		if i == softwareShown {
			fmt.Fprintf(w, "and %d more: --json has all\n", len(list)-i)
			return
		}
		fmt.Fprintf(w, "%q, %s: tier %s, binding %s, %d decisions, %s to %s\n", s.ClientName, claimedOf(s), s.Tier, s.Binding, s.Decisions, clock(s.First), clock(s.Last))
		line := func(name, text string) { fmt.Fprintf(w, "  %-9s %s\n", name, oneLine(text)) }
		if s.Resembles != "" {
			line("alike", s.Resembles)
		}
		if len(s.Codes) > 0 {
			line("codes to", strings.Join(s.Codes, " "))
		}
		for j, lost := range s.Loses {
			if j == lossesShown {
				line("loses", fmt.Sprintf("and %d more", len(s.Loses)-j))
				break
			}
			line("loses", fmt.Sprintf("%s (%d)", lost.What, lost.Decisions))
		}
		if s.AccessTokenTTL > 0 {
			line("keeps", fmt.Sprintf("access token %s, session %s, refresh token %s", seconds(s.AccessTokenTTL), seconds(s.SessionTTL), s.RefreshToken))
		}
		if s.ClientID != "" {
			line("client_id", s.ClientID)
		}
		if s.Shape != "" {
			line("shape", string(s.Shape))
		}
		line("last", s.Example)
	}
}

// claimedOf says of whom a software is, or claims to be.
func claimedOf(s issuer.SoftwareReport) string {
	switch {
	case s.Publisher == metadata.Publisher{}:
		return "of nobody"
	case s.Proven:
		return "of " + s.Publisher.Domain()
	}
	return "claimed of " + s.Publisher.Domain()
}

func printVendors(w io.Writer, list []vendorToAsk) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWORTH ASKING TO SIGN: how many decisions would rise, and the line to send")
	for i, v := range list {
		if i == vendorsShown {
			fmt.Fprintf(w, "and %d more: --json has all\n", len(list)-i)
			return
		}
		fmt.Fprintf(w, "%s: %d\n  %s\n", v.Publisher.Domain(), v.Decisions, oneLine(v.Ask))
	}
}
