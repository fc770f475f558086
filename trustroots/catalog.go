package trustroots

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// A Catalog lists clients that are publicly documented, each fact with the
// address that states it. They were observed and are not signed: a catalog
// proves nothing, and nothing in it is accepted until an operator does so. It
// does not change. Its methods are safe for concurrent use.
type Catalog struct {
	version string
	clients []CatalogClient // by name
}

// CatalogStatus is what every catalog says of itself.
const CatalogStatus = "observed, not signed"

// A CatalogClient is one client, or one of the ways in which it presents itself:
// some publish a metadata document for one server and register at another.
type CatalogClient struct {
	Name  string `json:"name"`  // within the catalog: lower-case letters, digits and hyphens
	Title string `json:"title"` // for people

	// Publisher is the host that the client's own metadata names: that of its
	// client_id, its client_uri, or a redirect URI. Zero where it names none, or
	// one that is not its own.
	Publisher metadata.Publisher `json:"publisher,omitzero"`

	// Metadata holds what is known of the metadata that the client presents, as
	// members of RFC 7591, Section 2. What is not known is absent.
	Metadata json.RawMessage `json:"client"`

	// ClientIDTemplate and RedirectURITemplates stand for what differs from
	// registration to registration, with {id} where it does.
	ClientIDTemplate     string   `json:"client_id_template,omitempty"`
	RedirectURITemplates []string `json:"redirect_uri_templates,omitempty"`

	// Varies says what differs from registration to registration, if anything.
	Varies string `json:"varies,omitempty"`

	Sources []CatalogSource `json:"sources"`

	parsed  metadata.Client
	members []string // of Metadata, and the templates
}

// A CatalogSource is a public address that states facts of a client.
type CatalogSource struct {
	Address string   `json:"address"`
	Seen    string   `json:"seen"`            // the day on which it was read
	AsOf    string   `json:"as_of,omitempty"` // the day of what was read, where that says so
	Facts   []string `json:"facts"`           // the members that it states
}

//go:embed catalog.json
var starterJSON []byte

// Starter returns the catalog that comes with the program.
func Starter() *Catalog { return starter() }

var starter = sync.OnceValue(func() *Catalog {
	c, err := ParseCatalog(starterJSON)
	if err != nil {
		panic("trustroots: catalog.json: " + err.Error())
	}
	return c
})

// LoadCatalog reads the catalog file at path. See [ParseCatalog].
func LoadCatalog(path string) (*Catalog, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFileBytes {
		return nil, fmt.Errorf("reading the catalog: %q is no regular file of at most 1 MiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	return ParseCatalog(data)
}

// ParseCatalog reads a catalog: JSON as catalog.schema.json describes it. It is
// strict: a member that is not known, and a fact that no source states, are
// errors. The error names the client.
func ParseCatalog(data []byte) (*Catalog, error) {
	if len(data) > maxFileBytes {
		return nil, errors.New("reading the catalog: larger than 1 MiB")
	}
	var file struct {
		Schema  string          `json:"$schema"`
		Version string          `json:"version"`
		Status  string          `json:"status"`
		Note    string          `json:"note"`
		Clients []CatalogClient `json:"clients"`
	}
	if err := strictjson.Decode(data, &file); err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	switch {
	case !isDay(file.Version):
		return nil, errors.New("reading the catalog: version is no day such as 2026-11-25")
	case file.Status != CatalogStatus:
		return nil, fmt.Errorf("reading the catalog: status is not %q", CatalogStatus)
	case len(file.Clients) == 0:
		return nil, errors.New("reading the catalog: no clients")
	}
	c := &Catalog{version: file.Version, clients: file.Clients}
	for i := range c.clients {
		if err := c.clients[i].read(file.Version); err != nil {
			return nil, fmt.Errorf("reading the catalog: client %.100q: %w", c.clients[i].Name, err)
		}
	}
	slices.SortFunc(c.clients, func(a, b CatalogClient) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(c.clients); i++ {
		if c.clients[i].Name == c.clients[i-1].Name {
			return nil, fmt.Errorf("reading the catalog: client %.100q: there twice", c.clients[i].Name)
		}
	}
	return c, nil
}

// Version returns the day of the catalog, such as "2026-11-25".
func (c *Catalog) Version() string { return c.version }

// Clients returns the clients by name.
func (c *Catalog) Clients() []CatalogClient { return slices.Clone(c.clients) }

// Client returns the client of a name.
func (c *Catalog) Client(name string) (CatalogClient, bool) {
	i, ok := slices.BinarySearchFunc(c.clients, name, func(k CatalogClient, name string) int { return strings.Compare(k.Name, name) })
	if !ok {
		return CatalogClient{}, false
	}
	return c.clients[i], true
}

// PrivateUse returns the client that is known to use exactly this private-use
// redirect URI (RFC 8252, Section 7.1). That a client uses it says nothing of
// who presents it: any program can register the scheme.
func (c *Catalog) PrivateUse(uri metadata.RedirectURI) (CatalogClient, bool) {
	if uri.String() == "" || uri.Class() != metadata.RedirectPrivate {
		return CatalogClient{}, false
	}
	i := slices.IndexFunc(c.clients, func(k CatalogClient) bool { return slices.Contains(k.parsed.RedirectURIs, uri.String()) })
	if i < 0 {
		return CatalogClient{}, false
	}
	return c.clients[i], true
}

// Client returns what is known of the metadata that the client presents.
func (k CatalogClient) Client() metadata.Client { return k.parsed }

// Shape returns the shape by which an operator can accept the client. Where
// something that a shape consists of is not known, or differs from registration
// to registration, the shape is empty and why says what.
func (k CatalogClient) Shape() (shape metadata.Shape, why string) {
	if k.Varies != "" {
		return "", k.Varies
	}
	var unknown []string
	for _, m := range [...]struct {
		name  string
		known bool
	}{
		{"client_name", k.parsed.ClientName != ""},
		{"redirect_uris", len(k.parsed.RedirectURIs) > 0},
		{"grant_types", len(k.parsed.GrantTypes) > 0},
		{"token_endpoint_auth_method", k.parsed.TokenEndpointAuthMethod != "" || len(k.parsed.TokenEndpointAuthMethodsSupported) > 0},
	} {
		if !m.known {
			unknown = append(unknown, m.name)
		}
	}
	if len(unknown) > 0 {
		return "", "no source states " + strings.Join(unknown, ", ")
	}
	return metadata.ShapeOf(k.parsed), ""
}

// SourcesOf returns the sources that state a member.
func (k CatalogClient) SourcesOf(member string) []CatalogSource {
	return slices.DeleteFunc(slices.Clone(k.Sources), func(s CatalogSource) bool { return !slices.Contains(s.Facts, member) })
}

// Members returns the names of the members that are known, sorted.
func (k CatalogClient) Members() []string { return slices.Clone(k.members) }

// Values returns a member for people: a text as it is, a list one by one.
func (k CatalogClient) Values(member string) []string {
	switch value := k.value(member); {
	case strictjson.IsText(value):
		text, _ := strictjson.Text(value)
		return []string{text}
	default:
		texts, _ := strictjson.Texts(value) // none where there is no such member
		return texts
	}
}

// value returns a member as it was written.
func (k CatalogClient) value(member string) json.RawMessage {
	written := map[string]any{"title": k.Title, "publisher": k.Publisher, "client_id_template": k.ClientIDTemplate,
		"redirect_uri_templates": k.RedirectURITemplates, "varies": k.Varies, "sources": k.Sources}
	if v, ok := written[member]; ok {
		data, _ := json.Marshal(v) // of strings and lists of strings
		return data
	}
	members, _ := strictjson.ParseObject(k.Metadata, limits.JSONDepth) // read before
	for _, m := range members {
		if m.Name == member {
			return bytes.Clone(m.Value)
		}
	}
	return nil
}
