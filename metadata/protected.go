package metadata

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"

	"github.com/fc28f635/countersign/internal/strictjson"
)

// A ProtectedName is a name that people know one vendor by. A client that uses
// it from another domain is flagged.
type ProtectedName struct {
	// Name is empty where only the domains are protected.
	Name string `json:"name"`

	// Domains are the vendor's, in canonical form. Whatever else is below the same
	// registrable domain is the vendor's too. An entry without any protects nothing.
	Domains []string `json:"domains"`

	Source string `json:"source"` // the address that states it, of the embedded ones
	Date   string `json:"date"`   // the day on which it was read
}

//go:embed names.json
var namesJSON []byte

// protectedNames are the embedded ones, from public documents of the vendors.
var protectedNames, namesVersion = func() ([]ProtectedName, string) {
	var file struct {
		Version string          `json:"version"`
		Names   []ProtectedName `json:"names"`
	}
	if err := strictjson.Decode(namesJSON, &file); err != nil {
		panic("metadata: names.json: " + err.Error())
	}
	return file.Names, file.Version
}()

// NamesVersion returns the day of the embedded list that [ProtectedNames]
// returns, such as "2026-11-23".
func NamesVersion() string { return namesVersion }

// ProtectedNames returns the embedded list of names that people know one vendor
// by.
func ProtectedNames() []ProtectedName { return slices.Clone(protectedNames) }

// A Protected is what the names and hosts of clients are compared with. It does
// not change, and is safe for concurrent use. Call [NewProtected]; the zero
// Protected protects nothing.
type Protected struct {
	listed  []protectedEntry            // found inside longer names too
	whole   map[string][]protectedEntry // all of them, by what a name looks like
	owners  map[string]bool             // registrable domains of all of them
	domains map[string]Likeness         // registrable domains, by what they look like
	labels  []protectedLabel            // the first labels of those
	once    map[string]Likeness         // labels with letters that repeat written once
	words   map[string]Likeness         // brand words, by what they look like
}

// A protectedEntry is a name, and all who may use it.
type protectedEntry struct {
	Likeness
	looks  []string // in every case
	owners []string // registrable domains
}

// NewProtected returns the embedded names with those that an operator listed,
// and beside them what the operator accepted. Of one name, whatever the case of
// its letters, all the domains may use it. Listed names are also found inside
// longer names and, with the first labels of their domains, as words of a foreign
// host; accepted ones are compared as a whole, since nobody said that they are a
// brand. Domains that are none are left out.
func NewProtected(listed, accepted []ProtectedName) *Protected {
	p := &Protected{whole: map[string][]protectedEntry{}, owners: map[string]bool{}, domains: map[string]Likeness{},
		once: map[string]Likeness{}, words: map[string]Likeness{}}
	brands := slices.Concat(listed, protectedNames)
	all := slices.Concat(brands, accepted)
	owners := map[string][]string{} // of each folded name
	for _, n := range all {
		for _, domain := range n.Domains {
			if checkDomain(domain) == nil {
				own, name := registrable(domain), FoldName(n.Name)
				p.owners[own] = true
				owners[name] = append(owners[name], own)
			}
		}
	}
	for i, n := range all {
		if own := owners[FoldName(n.Name)]; len(own) > 0 {
			p.protectName(n.Name, own, i < len(brands))
		}
		for _, domain := range n.Domains {
			if checkDomain(domain) == nil {
				p.protectDomain(registrable(domain), i < len(brands))
			}
		}
	}
	return p
}

// Embedded returns the embedded names and nothing beside them.
func Embedded() *Protected { return embedded() }

var embedded = sync.OnceValue(func() *Protected { return NewProtected(nil, nil) })

// protectName adds a name whose owners are known. A name that is there is there
// with the same owners.
func (p *Protected) protectName(name string, owners []string, listed bool) {
	e := protectedEntry{Likeness: Likeness{Of: name, Domain: owners[0]}, looks: looks(name), owners: owners}
	same := func(k protectedEntry) bool { return FoldName(k.Of) == FoldName(name) }
	for _, look := range append(looks(onlyWords(name)), e.looks...) {
		if !slices.ContainsFunc(p.whole[look], same) {
			p.whole[look] = append(p.whole[look], e)
		}
	}
	if listed && !slices.ContainsFunc(p.listed, same) {
		p.listed = append(p.listed, e)
		p.protectWord(strings.ReplaceAll(FoldName(name), " ", ""), e.Likeness)
	}
}

// registrable returns the domain below the public suffix that a host is of,
// which whoever registered it is answerable for.
func registrable(host string) string {
	suffix, _ := publicsuffix.PublicSuffix(host)
	above := strings.TrimSuffix(strings.TrimSuffix(host, suffix), ".")
	return host[strings.LastIndexByte(above, '.')+1:]
}
