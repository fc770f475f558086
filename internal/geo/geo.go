// Package geo says what is known of an address: its country and its autonomous
// system, of files in the format of MaxMind, and which reputation lists name it.
// Call [Open], then [Directory.Lookup]; [Directory.Reload] takes what changed in
// the files while lookups go on.
//
// What is not known is not guessed: an address that no file has, and one whose
// entry cannot be read, has no country, whatever its neighbours have.
package geo

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Files name the files of a Directory. The zero Files name none, and then nothing
// is known of any address.
type Files struct {
	Country string            // GeoLite2 Country, City, or of their form
	ASN     string            // GeoLite2 ASN, or of its form
	Lists   map[string]string // reputation lists, by their names
}

// A Place is what is known of an address. The zero Place is that of one of which
// nothing is known.
type Place struct {
	Country string // ISO 3166-1 alpha-2; empty where it is not known
	ASN     uint32 // zero where it is not known

	// Lists says of each reputation list whether it names the address.
	Lists map[string]bool
}

// A Directory knows addresses from files. It is safe for concurrent use.
type Directory struct {
	current atomic.Pointer[contents]

	mu     sync.Mutex // held while files are read
	files  Files
	stamps map[string]stamps // by file
}

// stamps are what a file was when it was last read, and when it was last looked at.
type stamps struct{ read, looked string }

// contents is what the files said. It does not change.
type contents struct {
	country *database[countryRecord]
	asn     *database[asnRecord]
	lists   map[string]*list
}

// Open reads files that are to be used from the start: an error names the one
// that cannot be.
func Open(files Files) (*Directory, error) {
	d := &Directory{files: files, stamps: map[string]stamps{}}
	d.current.Store(&contents{lists: map[string]*list{}})
	_, err := d.load(true)
	return d, err
}

// Lookup returns what is known of an address at an instant.
func (d *Directory) Lookup(addr netip.Addr, at time.Time) Place {
	c := d.current.Load()
	addr = addr.Unmap().WithZone("")
	p := Place{Country: c.country.lookup(addr).Country.ISOCode, ASN: c.asn.lookup(addr).Number}
	if addr.IsValid() && len(c.lists) > 0 {
		p.Lists = make(map[string]bool, len(c.lists))
		for name, l := range c.lists {
			p.Lists[name] = l.names(addr, at)
		}
	}
	return p
}

// Reload reads the files that changed since they were last read, and reports
// whether there were any. One that changes is read when it has stayed the same
// from one call to the next: then whoever writes it is done. A file that cannot be
// used leaves what it said before in use: the error names each, and its next
// change is tried again.
func (d *Directory) Reload() (changed bool, err error) { return d.load(false) }

// load reads files that changed, at once or when they have stayed the same.
func (d *Directory) load(atOnce bool) (changed bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := *d.current.Load()
	next.lists = make(map[string]*list, len(d.files.Lists))
	errs := []error{
		reread(d.stamps, atOnce, d.files.Country, &next.country, openCountries),
		reread(d.stamps, atOnce, d.files.ASN, &next.asn, openASNs),
	}
	for _, name := range slices.Sorted(maps.Keys(d.files.Lists)) {
		l := d.current.Load().lists[name]
		errs = append(errs, reread(d.stamps, atOnce, d.files.Lists[name], &l, openList))
		next.lists[name] = l
	}
	for _, e := range errs {
		changed = changed || !errors.Is(e, errUnchanged)
		if e != nil && !errors.Is(e, errUnchanged) {
			err = errors.Join(err, e)
		}
	}
	d.current.Store(&next)
	return changed, err
}

// Adopt has what another Directory, which nobody changes any more, read used from
// now on.
func (d *Directory) Adopt(next *Directory) {
	next.mu.Lock()
	files, stamps, read := next.files, next.stamps, next.current.Load()
	next.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files, d.stamps = files, stamps
	d.current.Store(read)
}

// errUnchanged says that a file is as it was when it was last read.
var errUnchanged = errors.New("unchanged")

// reread reads a file where it is named and changed. On an error what it said
// before stays.
func reread[T any](of map[string]stamps, atOnce bool, file string, into **T, open func(file string) (*T, error)) error {
	if file == "" {
		return errUnchanged
	}
	last, now := of[file], stamp(file)
	of[file] = stamps{read: last.read, looked: now}
	if last.read == now || last.looked != now && !atOnce {
		return errUnchanged
	}
	of[file] = stamps{now, now} // before it is read: what is written meanwhile is read again
	read, err := open(file)
	if err == nil {
		*into = read
	}
	return err
}

// stamp is another text where a file is another.
func stamp(name string) string {
	info, err := os.Stat(name)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", info.Size(), info.ModTime().Format(time.RFC3339Nano))
}
