package issuer

import (
	"slices"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// Software is what recorded decisions say of the clients of one shape: what an
// operator looks at before accepting it. Names and addresses are claims.
type Software struct {
	Shape    metadata.Shape `json:"shape"`
	Name     string         `json:"client_name"`
	ClientID string         `json:"client_id,omitempty"`

	// Codes are where authorization codes go, the first few: https hosts,
	// schemes, or "this computer" for loopback.
	Codes []string `json:"codes"`

	// Publisher and Tier are those of the last decision.
	Publisher metadata.Publisher `json:"publisher,omitzero"`
	Tier      Tier               `json:"tier"`

	Decisions int       `json:"decisions"` // how many
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Decision  string    `json:"decision"` // the id of the last one
}

// See adds a decision, which must be of the software's shape. Adding the last
// one again changes nothing.
func (s Software) See(d Decision) Software {
	if s.Decision == d.ID {
		return s
	}
	if s.Decisions == 0 {
		s.First, s.Codes = d.At, []string{}
	}
	s.Shape, s.Name, s.ClientID = d.Shape, bounded(d.Client.ClientName, longestShown), d.Asked.ClientID
	if s.Name == "" {
		s.Name = d.Asked.ClientName
	}
	if d.Outcome == Approved { // a refusal has no client
		s.Codes = codesGo(d.Client)
	}
	s.Publisher, s.Tier, s.Last, s.Decision = d.Publisher, d.Tier, d.At, d.ID
	s.Decisions++
	return s
}

// thisComputer is where the codes of a loopback redirect go.
const thisComputer = "this computer"

// codesGo names the places that the codes of a client go to.
func codesGo(c metadata.Client) []string {
	const most = 4
	places := []string{}
	for _, uri := range c.RedirectURIs {
		r, err := metadata.ParseRedirectURI(uri)
		if err != nil {
			continue
		}
		var place string
		switch r.Class() {
		case metadata.RedirectHTTPS:
			place = r.Host()
		case metadata.RedirectLoopback:
			place = thisComputer
		case metadata.RedirectPrivate:
			place = r.Scheme() + ":"
		}
		if !slices.Contains(places, place) && len(places) < most {
			places = append(places, place)
		}
	}
	return places
}
