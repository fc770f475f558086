package fetch

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
)

//go:embed special.csv
var specialCSV []byte

// A block is one row of special.csv.
type block struct {
	prefix          netip.Prefix
	name, reference string
}

// SpecialVersion returns the day of the embedded list of special-purpose blocks,
// such as "2026-11-23": the one on its line "# version: ". It is empty where the
// list has no such line.
func SpecialVersion() string {
	_, after, _ := bytes.Cut(specialCSV, []byte("\n# version: "))
	version, _, _ := bytes.Cut(after, []byte("\n"))
	return string(version)
}

// special holds every row of special.csv, which is part of the program: that it
// parses is a test's matter, and a table that does not refuses everything.
var special, errSpecial = parseBlocks(specialCSV)

// globalUnicast is the only IPv6 space that public hosts are numbered from
// (IANA IPv6 address space registry).
var globalUnicast = netip.MustParsePrefix("2000::/3")

func parseBlocks(text []byte) ([]block, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comment = '#'
	r.FieldsPerRecord = 3
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading special-purpose blocks: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("no special-purpose blocks")
	}
	blocks := make([]block, 0, len(rows))
	for _, row := range rows {
		p, err := netip.ParsePrefix(row[0])
		if err != nil {
			return nil, fmt.Errorf("reading special-purpose blocks: %w", err)
		}
		if p != p.Masked() {
			return nil, fmt.Errorf("special-purpose block %s has bits beyond its length", p)
		}
		blocks = append(blocks, block{prefix: p, name: row[1], reference: row[2]})
	}
	return blocks, nil
}

// Refuse returns an error where addr is no public unicast address: it is in a
// block of the IANA special-purpose registries (RFC 6890), multicast, an IPv6
// form that carries an IPv4 address (mapped, compatible, translated, NAT64,
// 6to4, Teredo, ISATAP), outside IPv6 global unicast space, a cloud platform's
// own address, or has a zone. The zero Addr is refused too.
//
// IPv4-mapped addresses are refused as they are: unmap what a system call
// returned before asking.
func Refuse(addr netip.Addr) error {
	if errSpecial != nil {
		return errSpecial
	}
	if !addr.IsValid() {
		return errors.New("no address")
	}
	if addr.Zone() != "" {
		return fmt.Errorf("address %s has a zone", quote(addr.String()))
	}
	// netip never matches an IPv4-mapped address against a prefix.
	if addr.Is4In6() {
		return fmt.Errorf("address %s is special: IPv4-mapped (RFC 4291)", addr)
	}
	for _, b := range special {
		if b.prefix.Contains(addr) {
			return fmt.Errorf("address %s is special: %s (%s)", addr, b.name, b.reference)
		}
	}
	if addr.Is6() && !globalUnicast.Contains(addr) {
		return fmt.Errorf("address %s is not global unicast", addr)
	}
	if isISATAP(addr) {
		return fmt.Errorf("address %s is special: ISATAP (RFC 5214)", addr)
	}
	return nil
}

// isISATAP reports whether the interface identifier is one of ISATAP (RFC 5214,
// Section 6.1), which carries an IPv4 address that gateways route to. That of an
// IPv4 address, which is taken as a mapped one, never is.
func isISATAP(addr netip.Addr) bool {
	b := addr.As16()
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// isLoopback reports whether addr is in 127.0.0.0/8 or is ::1, in no other form.
func isLoopback(addr netip.Addr) bool {
	return addr.Is4() && addr.IsLoopback() || addr == netip.IPv6Loopback()
}
