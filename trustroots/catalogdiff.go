package trustroots

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// A CatalogChange is what became of one client between two catalogs.
type CatalogChange struct {
	Name    string                `json:"name"`
	Kind    CatalogChangeKind     `json:"kind"`
	Members []CatalogMemberChange `json:"members,omitempty"` // of a client that changed

	// Touches says what the change of its metadata touches.
	Touches []metadata.ChangeKind `json:"touches,omitempty"`
}

// A CatalogChangeKind is one of appeared, vanished and changed.
type CatalogChangeKind string

// The kinds of changes.
const (
	CatalogAppeared CatalogChangeKind = "appeared"
	CatalogVanished CatalogChangeKind = "vanished"
	CatalogChanged  CatalogChangeKind = "changed"
)

// A CatalogMemberChange is one member of a client before and after. Null stands
// for a member that is not there.
type CatalogMemberChange struct {
	Member string          `json:"member"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// Since returns what changed from an older catalog to c, by name. The day of a
// catalog is no change.
func (c *Catalog) Since(old *Catalog) []CatalogChange {
	changes := []CatalogChange{}
	for _, k := range c.clients {
		before, ok := old.Client(k.Name)
		if !ok {
			changes = append(changes, CatalogChange{Name: k.Name, Kind: CatalogAppeared})
		} else if members := k.since(before); len(members) > 0 {
			changes = append(changes, CatalogChange{Name: k.Name, Kind: CatalogChanged, Members: members,
				Touches: metadata.Changes(before.Client(), k.Client())})
		}
	}
	for _, k := range old.clients {
		if _, ok := c.Client(k.Name); !ok {
			changes = append(changes, CatalogChange{Name: k.Name, Kind: CatalogVanished})
		}
	}
	slices.SortFunc(changes, func(a, b CatalogChange) int { return strings.Compare(a.Name, b.Name) })
	return changes
}

func (k CatalogClient) since(old CatalogClient) (changes []CatalogMemberChange) {
	members := slices.Concat([]string{"title", "publisher", "varies"}, catalogMembers, []string{"client_id_template", "redirect_uri_templates", "sources"})
	for _, member := range members {
		before, after := compact(old.value(member)), compact(k.value(member))
		if !bytes.Equal(before, after) {
			changes = append(changes, CatalogMemberChange{member, before, after})
		}
	}
	return changes
}

// compact is a value without white space, and null where there is none.
func compact(value json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if len(value) == 0 || json.Compact(&b, value) != nil || b.String() == `""` {
		return json.RawMessage("null")
	}
	return b.Bytes()
}
