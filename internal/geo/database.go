package geo

import (
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A countryRecord is what is read of an entry of a country file.
type countryRecord struct {
	Country struct {
		ISOCode string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
}

// An asnRecord is what is read of an entry of an ASN file.
type asnRecord struct {
	Number uint32 `maxminddb:"autonomous_system_number"`
}

// A database is one file in the format of MaxMind. A nil database has nothing.
type database[Record any] struct {
	reader *maxminddb.Reader
}

func openCountries(name string) (*database[countryRecord], error) {
	return openDatabase(name, "countries", func(r countryRecord) bool { return r.Country.ISOCode != "" })
}

func openASNs(name string) (*database[asnRecord], error) {
	return openDatabase(name, "autonomous systems", func(r asnRecord) bool { return r.Number != 0 })
}

// openDatabase reads a whole file and every entry of it, so that one which is
// written over while it is in use changes nothing, and one that is torn, or of
// another form, is never in use. Says reports whether an entry has what is asked
// for: a file in which none has it is another.
func openDatabase[Record any](name, of string, says func(Record) bool) (*database[Record], error) {
	const most = 512 << 20 // several times the largest that is sold
	data, err := readFile(name, most)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", of, err)
	}
	reader, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %q is no file in the format of MaxMind: %w", of, name, err)
	}
	some := false
	for entry := range reader.Networks() {
		var r Record
		if err := entry.Decode(&r); err != nil {
			return nil, fmt.Errorf("reading %s: %q has an entry that cannot be read: %w", of, name, err)
		}
		some = some || says(r)
	}
	if !some {
		return nil, fmt.Errorf("reading %s: %q, of the type %.100q, has none", of, name, reader.Metadata.DatabaseType)
	}
	return &database[Record]{reader}, nil
}

// lookup returns the entry of an address, zero where there is none that can be
// read.
func (d *database[Record]) lookup(addr netip.Addr) (r Record) {
	if d == nil || !addr.IsValid() {
		return r
	}
	if d.reader.Lookup(addr).Decode(&r) != nil {
		var none Record
		return none
	}
	return r
}
