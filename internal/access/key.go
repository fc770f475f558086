package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fc28f635/countersign/issuer"
)

// A Role says which operations a key may call: its own, and those of the roles
// that it covers. The zero Role covers nothing.
type Role string

// The roles.
const (
	Metrics  Role = "metrics"  // read the metrics, which are of all callers together, and nothing else
	Read     Role = "read"     // read recorded decisions
	Decide   Role = "decide"   // ask for decisions, and read them
	Operator Role = "operator" // everything
)

var roles = []Role{Metrics, Read, Decide, Operator}

// covered are the roles that each role covers.
var covered = map[Role][]Role{
	Metrics:  {Metrics},
	Read:     {Read},
	Decide:   {Read, Decide},
	Operator: roles,
}

// Roles returns all roles.
func Roles() []Role { return slices.Clone(roles) }

// Covers reports whether whoever has r may call what needs the role need.
func (r Role) Covers(need Role) bool { return slices.Contains(covered[r], need) }

// A Right is what a key may do beyond its role.
type Right string

// The rights. An operator has both.
const (
	// Source is the right to say from which address a client came.
	Source Right = "source"

	// Findings is the right to read what was seen; callers without it get
	// check, status and reason only.
	Findings Right = "findings"
)

var rights = []Right{Source, Findings}

// Terms are what a key is made for. Name and Role are required.
type Terms struct {
	Name   string  `json:"name"`
	Role   Role    `json:"role"`
	Rights []Right `json:"rights,omitempty"`

	// AuthorizationServers are the ones that requests with the key may name.
	// The first is that of requests that name none. Where the list is empty, a
	// request is for the service's own; an operator's may name any.
	AuthorizationServers []string `json:"authorization_servers,omitempty"`
}

// Bounds of what a key says: a name is a line in a list, and a tenant with more
// authorization servers has more than one key.
const (
	nameBytes   = 100
	serversMost = 64
)

// Check returns what is wrong with the terms.
func (t Terms) Check() error {
	switch {
	case t.Name == "" || len(t.Name) > nameBytes || !utf8.ValidString(t.Name) || strings.ContainsFunc(t.Name, unprintable):
		return fmt.Errorf("a key needs a name of at most %d bytes that can be printed", nameBytes)
	case !slices.Contains(roles, t.Role):
		return fmt.Errorf("the role %.100q is none of %s", string(t.Role), join(roles))
	case len(t.AuthorizationServers) > serversMost:
		return fmt.Errorf("a key can name at most %d authorization servers", serversMost)
	}
	for i, r := range t.Rights {
		if !slices.Contains(rights, r) || slices.Contains(t.Rights[:i], r) {
			return fmt.Errorf("the right %.100q is none of %s, or is there twice", string(r), join(rights))
		}
	}
	for i, as := range t.AuthorizationServers {
		if err := issuer.CheckAuthorizationServer(as); err != nil {
			return err
		}
		if slices.Contains(t.AuthorizationServers[:i], as) {
			return errors.New("an authorization server is there twice")
		}
	}
	return nil
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// A Key is what is known of an API key, its secret not being part of it. The
// zero Key may do nothing.
type Key struct {
	ID string `json:"id"`
	Terms
	Created time.Time `json:"created"`
	Revoked time.Time `json:"revoked,omitzero"` // zero while it is in force
}

// Local is whoever opens the service's own socket: only the operator can.
func Local() Key { return Key{ID: "local", Terms: Terms{Name: "the operator", Role: Operator}} }

// May reports whether the key has the right.
func (k Key) May(r Right) bool { return k.Role == Operator || slices.Contains(k.Rights, r) }

// AuthorizationServer returns the authorization server that a request is for.
// Asked is the one that it names, empty where it names none; own is that of the
// service. The result is empty where the service's own is meant. It is false
// where the key may not name that one.
func (k Key) AuthorizationServer(asked, own string) (string, bool) {
	list := k.AuthorizationServers
	switch {
	case asked == "" && len(list) == 0:
		return "", true
	case asked == "":
		return list[0], true
	case len(list) == 0:
		return asked, asked == own || k.Role == Operator
	}
	return asked, slices.Contains(list, asked)
}
