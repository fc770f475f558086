package issuer

import (
	"errors"
	"net/url"
	"strings"
)

// A Resource is an MCP server, or another protected resource: the scopes that it
// knows, and the tools behind them.
type Resource struct {
	// ID is the resource identifier: an https URL without fragment (RFC 8707,
	// Section 2; RFC 9728, Section 1.2). See [CheckResource].
	ID string `yaml:"resource"`

	// Mode has no default.
	Mode Mode `yaml:"mode"`

	// Scopes are those that include others, or have no tool.
	Scopes map[string]ScopeRule `yaml:"scopes"`

	// Tools are by their names in tools/list.
	Tools map[string]Tool `yaml:"tools"`
}

// A ScopeRule says what a scope of a resource means beyond the tools that are
// mapped to it.
type ScopeRule struct {
	// Includes are the scopes that it contains; it is worth all of them.
	Includes []string `yaml:"includes"`

	// Class and Sensitive are of what the scope allows that is no tool. Class is
	// required where there is neither a tool nor an included scope behind it.
	Class     Class `yaml:"class"`
	Sensitive bool  `yaml:"sensitive"`
}

// A Tool is one function of a resource. The zero Tool is in no scope.
type Tool struct {
	Scope     string `yaml:"scope"`
	Class     Class  `yaml:"class"`     // required where there is a scope
	Sensitive bool   `yaml:"sensitive"` // returns credentials, or personal or customer data

	// Guessed says that nobody has looked at the class yet: the tool is granted
	// from tier accepted up.
	Guessed bool `yaml:"guessed"`

	// Was is the class at which the tool was last looked at, where it has turned
	// into a more harmful one since: nobody is granted it until a person removes
	// this. A token knows scopes and no tools, so no scope that it is behind is
	// granted either.
	Was *Class `yaml:"was"`
}

// CheckResource returns an error unless id can be the identifier of a protected
// resource: an https URL without fragment (RFC 8707, Section 2), or http on
// loopback, which nobody reaches from elsewhere.
func CheckResource(id string) error {
	u, err := url.Parse(id)
	secure := err == nil && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()))
	if !secure || strings.ContainsFunc(id, foreignToURL) || u.Hostname() == "" || u.User != nil {
		return errors.New("a resource identifier is an https URL without fragment, or http on loopback")
	}
	return nil
}

// sameResource returns the form in which two identifiers of one resource are
// equal: a URL says the same with scheme and host in either case, with its
// scheme's own port, and with the path empty or a slash (RFC 3986, Sections 6.2.2
// and 6.2.3). Clients write the address of a server in each of these ways.
func sameResource(id string) string {
	u, err := url.Parse(id)
	if err != nil || u.Host == "" {
		return id
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}
