package condition

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/fc28f635/countersign/metadata"
)

// Claims are what a client says of itself, as conditions see it. A member that
// is empty is one that the client does not claim. Hosts are in canonical form.
type Claims struct {
	Publisher           string // host
	ClientID            string
	ClientName          string
	SoftwareID          string
	AuthMethod          string
	AuthorizationServer string
	Resource            string

	RedirectHosts   []string // of https redirect URIs
	RedirectClasses []string // https, loopback or private_use
	GrantTypes      []string
	Scopes          []string
}

// authenticates reports whether the client claims to. One that does not has
// left something out, and that meets nothing.
func (c *Claims) authenticates() bool { return c.AuthMethod != "" && c.AuthMethod != metadata.AuthNone }

// A claim is one variable of the environment.
type claim struct {
	name  string
	typ   *cel.Type
	value func(*Claims) any
	made  func(*Claims) bool
}

func text(name string, of func(*Claims) string) claim {
	return claim{name, cel.StringType, func(c *Claims) any { return types.String(of(c)) }, func(c *Claims) bool { return of(c) != "" }}
}

func list(name string, of func(*Claims) []string) claim {
	return claim{name, cel.ListType(cel.StringType),
		func(c *Claims) any { return types.NewStringList(types.DefaultTypeAdapter, of(c)) },
		func(c *Claims) bool { return len(of(c)) > 0 }}
}

// claims are the variables, with what each is of.
var claims = []claim{
	{"publisher", hostType, func(c *Claims) any { return host(c.Publisher) }, func(c *Claims) bool { return c.Publisher != "" }},
	{"redirect_hosts", cel.ListType(hostType), func(c *Claims) any {
		hosts := make([]ref.Val, len(c.RedirectHosts))
		for i, h := range c.RedirectHosts {
			hosts[i] = host(h)
		}
		return types.NewRefValList(types.DefaultTypeAdapter, hosts)
	}, func(c *Claims) bool { return len(c.RedirectHosts) > 0 }},
	text("client_id", func(c *Claims) string { return c.ClientID }),
	text("client_name", func(c *Claims) string { return c.ClientName }),
	text("software_id", func(c *Claims) string { return c.SoftwareID }),
	text("authorization_server", func(c *Claims) string { return c.AuthorizationServer }),
	text("resource", func(c *Claims) string { return c.Resource }),
	list("redirect_classes", func(c *Claims) []string { return c.RedirectClasses }),
	list("grant_types", func(c *Claims) []string { return c.GrantTypes }),
	list("scopes", func(c *Claims) []string { return c.Scopes }),
	{"auth_method", cel.StringType, func(c *Claims) any { return types.String(c.AuthMethod) }, (*Claims).authenticates},
	{"confidential", cel.BoolType, func(c *Claims) any { return types.Bool(c.authenticates()) }, (*Claims).authenticates},
}

// claimNamed returns the place of a claim in claims, or -1.
func claimNamed(name string) int {
	for i, c := range claims {
		if c.name == name {
			return i
		}
	}
	return -1
}

// ResolveName implements the activation of a program.
func (c *Claims) ResolveName(name string) (any, bool) {
	i := claimNamed(name)
	if i < 0 {
		return nil, false
	}
	return claims[i].value(c), true
}

// Parent implements the activation of a program: there is none.
func (c *Claims) Parent() cel.Activation { return nil }
