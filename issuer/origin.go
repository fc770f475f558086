package issuer

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/verify"
)

// A Party is one whose address a rule on sources looks at. The zero Party is
// nobody.
type Party uint8

// The parties.
const (
	PartyRegistrar Party = iota + 1 // who posts a registration
	PartyBrowser                    // who is at the authorization endpoint, with a client_id that is a URL
	PartyPublisher                  // whose document was fetched
)

var partyNames = [...]string{"", "registrar", "browser", "publisher"}

// String returns "registrar", "browser" or "publisher".
func (p Party) String() string {
	if p == 0 || int(p) >= len(partyNames) {
		return "Party(" + strconv.Itoa(int(p)) + ")"
	}
	return partyNames[p]
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Party) UnmarshalText(text []byte) error {
	i := slices.Index(partyNames[1:], string(text))
	if i < 0 {
		return fmt.Errorf("%.100q is none of registrar, browser and publisher", text)
	}
	*p = Party(i + 1)
	return nil
}

// Origins say from where a client comes, as far as that is known. The zero
// Origins are of a client of which nothing is known: it satisfies no rule.
type Origins struct {
	// Source is where whoever asks is, and By who that is: [PartyRegistrar] or
	// [PartyBrowser]. Rules that look at the other one do not apply. Where By is
	// zero both do.
	Source Origin
	By     Party

	// Publisher are the servers that the publisher's documents came from. None
	// is one that is not known.
	Publisher []Origin
}

// An Origin is one address and what is known of it. The zero Origin is unknown.
type Origin struct {
	Addr    netip.Addr
	Country string // ISO 3166-1 alpha-2; empty where it is not known
	ASN     uint32 // zero where it is not known

	// Lists says of each reputation list whether it names the address now. A list
	// that is not there says nothing.
	Lists map[string]bool
}

// of returns the origins of a party; none where the request has no such party.
func (o Origins) of(p Party) []Origin {
	switch {
	case p == PartyPublisher && len(o.Publisher) > 0:
		return o.Publisher
	case p == PartyPublisher:
		return []Origin{{}}
	case o.By == 0 || o.By == p:
		return []Origin{o.Source}
	}
	return nil
}

// originsOf returns from where a request comes, and the documents that its verdict
// rests on. Locate says what is known of an address.
func originsOf(req Request, v *verify.Verdict, locate func(netip.Addr, time.Time) Origin) Origins {
	o := Origins{By: PartyRegistrar, Source: locate(req.Source.Unmap().WithZone(""), v.At)}
	if req.ClientID != "" {
		o.By = PartyBrowser
	}
	for _, f := range v.Findings {
		if f.Check != verify.CheckMetadataDocument && f.Check != verify.CheckWellknownKey ||
			f.Status == verify.Failed || f.Status == verify.Unavailable {
			continue // nothing rests on what did not pass
		}
		server, err := netip.ParseAddrPort(f.Evidence.Server)
		if err == nil || f.Status == verify.Passed { // one that passed by a copy of ours came from nowhere that is known
			o.Publisher = append(o.Publisher, locate(server.Addr().Unmap(), v.At))
		}
	}
	return o
}
