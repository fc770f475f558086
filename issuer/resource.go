package issuer

// A Resource is an MCP server, or another protected resource: the scopes that it
// knows, and the tools behind them.
type Resource struct {
	// ID is the resource identifier: an https URL without fragment (RFC 8707,
	// Section 2; RFC 9728, Section 1.2).
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

	// Class and Sensitive are of what the scope allows that is no tool.
	Class     Class `yaml:"class"`
	Sensitive bool  `yaml:"sensitive"`
}

// A Tool is one function of a resource. The zero Tool is in no scope.
type Tool struct {
	Scope     string `yaml:"scope"`
	Class     Class  `yaml:"class"`
	Sensitive bool   `yaml:"sensitive"` // returns credentials, or personal or customer data

	// Guessed says that nobody has looked at the class yet: the tool is granted
	// from tier accepted up.
	Guessed bool `yaml:"guessed"`

	// Was is the class at which the tool was last looked at, where it has turned
	// into a more harmful one since: nobody is granted it until a person removes
	// this.
	Was *Class `yaml:"was"`
}

// A Mode says whether what is decided is enforced. The zero Mode is none.
type Mode string

// The modes.
const (
	ModeEnforce Mode = "enforce"
	ModeObserve Mode = "observe" // decisions are made and recorded, and what was asked for passes
)
