package issuer

// A ScopeCut is one scope that was asked for and not granted.
type ScopeCut struct {
	Scope string `json:"scope"`
	Why   Cut    `json:"why"`
	Earn  Tier   `json:"earn,omitzero"` // the lowest tier that grants it; zero where none does

	// Class is the most harmful class behind the scope, where that is why.
	Class Class `json:"class,omitzero"`

	// Instead are the parts of the scope that are granted in its place, as a
	// scope. Empty where there are none.
	Instead string `json:"instead,omitempty"`
}

// A Cut says in one stable word why a scope is not granted. The zero Cut is none.
type Cut string

// Why a scope is not granted. Of several reasons the first here is told.
const (
	// CutNotStated: the publisher's statement does not have it.
	CutNotStated Cut = "not_stated"
	// CutResource: the resource that access was asked for is not declared.
	CutResource Cut = "resource"
	// CutUndeclared: no declared resource knows it.
	CutUndeclared Cut = "undeclared"
	// CutUnreviewed: a tool behind it became more harmful, and nobody has looked.
	CutUnreviewed Cut = "unreviewed"
	// CutClass: something behind it is of a class that the tier does not have.
	CutClass Cut = "class"
	// CutSensitive: something behind it returns what the tier may not read.
	CutSensitive Cut = "sensitive"
	// CutGuessed: the class of a tool behind it was guessed.
	CutGuessed Cut = "guessed"
	// CutNotListed: the policy lists scopes for the tier, and not this one.
	CutNotListed Cut = "not_listed"
	// CutRefresh: the client gets no refresh token.
	CutRefresh Cut = "refresh"
)

var cuts = []Cut{CutNotStated, CutResource, CutUndeclared, CutUnreviewed, CutClass, CutSensitive, CutGuessed, CutNotListed, CutRefresh}

// Cuts returns all words for why a scope is not granted.
func Cuts() []Cut { return append([]Cut(nil), cuts...) }

// Explain says why a scope was not granted, and what would earn it.
func (c ScopeCut) Explain() string {
	text := c.because() + "; "
	switch {
	case c.Earn != TierBlocked:
		text += "tier " + c.Earn.String() + " has it"
	case mends[c.Why] != "":
		text += mends[c.Why]
	default:
		text += "no tier has it"
	}
	if c.Instead != "" {
		text += "; granted in its place: " + c.Instead
	}
	return text
}

// because says why a scope was not granted.
func (c ScopeCut) because() string {
	class := c.Class.String()
	if c.Class == ClassRead { // or a record of before classes were kept
		class = "what it allows"
	}
	why := map[Cut]string{
		CutNotStated:  "the statement does not have it",
		CutResource:   "the resource that was asked for is not declared",
		CutUndeclared: "no declared resource knows it",
		CutUnreviewed: "a tool behind it has become more harmful, and nobody has looked at it",
		CutClass:      class + " is beyond this tier",
		CutSensitive:  "sensitive reads are beyond this tier",
		CutGuessed:    "the class of a tool behind it is a guess",
		CutNotListed:  "the policy does not list it for this tier",
		CutRefresh:    "this tier has no refresh token",
	}[c.Why]
	if why == "" {
		why = string(c.Why)
	}
	return why
}

// mends say what earns a scope that no tier has.
var mends = map[Cut]string{
	CutNotStated:  "the publisher states it",
	CutResource:   "the operator declares the resource",
	CutUndeclared: "the operator declares it",
	CutUnreviewed: "the operator reviews the tool",
}

// earned says what would earn the scope, as a sentence.
func (c ScopeCut) earned() string {
	if mend := mends[c.Why]; mend != "" && c.Earn == TierBlocked {
		return "No tier: " + mend + "."
	}
	return earnedBy[c.Earn]
}
