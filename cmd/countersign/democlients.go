package main

import (
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A demoStep is one client of the demo, and what must be decided on it.
type demoStep struct {
	presented string             // for the table
	shows     string             // one sentence
	accept    *issuer.Acceptance // what the operator accepts before
	request   demoRequest
	want      demoResult
	told      string // what a person is told must begin so
}

// demoScope is what every client asks for, so that what is cut shows.
const (
	demoScope   = "files.read files.write files.delete mail.read"
	demoReading = "files.read"
)

// demoClient returns a public client that asks for everything.
func demoClient(name, redirect string) metadata.Client {
	return metadata.Client{
		ClientName: name, RedirectURIs: []string{redirect}, Scope: demoScope,
		GrantTypes:    []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken},
		ResponseTypes: []string{metadata.ResponseCode}, TokenEndpointAuthMethod: metadata.AuthNone,
	}
}

// steps publishes what the clients publish, and returns them in the order in
// which they are presented.
func (s *demoStage) steps() ([]demoStep, error) {
	const callback, foreign = "https://acme.example/callback", "https://evil.example/callback"
	if err := s.acme.Publish(); err != nil {
		return nil, err
	}
	agent := demoClient("Acme Agent", callback)
	agent.SoftwareID = "acme-agent"
	hosted := agent
	hosted.ClientID = s.acme.Name.String() + "/mcp/client.json"
	var err error
	if s.statement, err = s.acme.Sign(hosted); err != nil {
		return nil, err
	}
	hosted.SoftwareStatement = s.statement
	if err := s.world.ServeClient(hosted); err != nil {
		return nil, err
	}
	notes, err := s.world.NewPublisher("notes.example")
	if err != nil {
		return nil, err
	}
	notesID, err := notes.PublishClient("/client.json", demoClient("Notes", "http://127.0.0.1/callback"), false)
	if err != nil {
		return nil, err
	}
	forged := agent
	if forged.SoftwareStatement, err = s.acme.Forge(agent); err != nil {
		return nil, err
	}
	stretched := agent
	stretched.SoftwareStatement, stretched.RedirectURIs = s.statement, []string{foreign}
	unsigned := demoClient("Handy Helper", "http://127.0.0.1:51004/callback")
	impostor := demoClient("Claude", foreign)
	cursor := demoClient("Cursor", "cursor://anysphere.cursor-mcp/oauth/callback")

	return []demoStep{{
		presented: "a registration, unsigned",
		shows:     "Anybody can register under any name: it may read for an hour, and a person is asked every time.",
		request:   demoRequest{Client: &unsigned},
		want:      demoResult{"approved", "unverified", "loose", demoReading, "1h/1h", ""},
	}, {
		presented: "a document, unsigned",
		shows:     "Its metadata document proves a domain: the same scopes, and a session of a working day.",
		request:   demoRequest{ClientID: notesID},
		want:      demoResult{"approved", "domain", "loose", demoReading, "15m/8h", ""},
	}, {
		presented: "a document, signed",
		shows:     "The domain signs for its software, and codes return only to it: a session of a week, and still no more scopes.",
		request:   demoRequest{ClientID: hosted.ClientID},
		want:      demoResult{"approved", "signed", "web", demoReading, "15m/7d", ""},
	}, {
		presented: "the same, publisher accepted",
		shows:     "Only a person's yes to the publisher earns what can hurt: writing, deleting after a fresh login, mail.",
		accept:    &issuer.Acceptance{Publisher: s.acme.Name},
		request:   demoRequest{ClientID: hosted.ClientID},
		want:      demoResult{"approved", "accepted", "web", demoScope, "15m/7d", ""},
	}, {
		presented: "a forged statement",
		shows:     "A statement that another key signed is refused, never quietly ignored.",
		request:   demoRequest{Client: &forged},
		want:      demoResult{"denied", "unverified", "", "", "", "signature_invalid"},
	}, {
		presented: "a copied statement, other redirect",
		shows:     "A genuine statement is a public file: whoever copies it cannot send the codes elsewhere.",
		request:   demoRequest{Client: &stretched},
		want:      demoResult{"denied", "unverified", "", "", "", "redirect_uri_not_stated"},
	}, {
		presented: `"Claude", codes to evil.example`,
		shows:     "A known name proves nothing: a person is told where the codes go, the name is flagged, and reading is all it gets.",
		request:   demoRequest{Client: &impostor},
		want:      demoResult{"approved", "domain", "web", demoReading, "15m/8h", "name_resembles_protected"},
		told:      "Returns only to evil.example",
	}, {
		presented: "Cursor as it is, accepted",
		shows:     "A desktop client that nobody signs is let in by the operator, by its exact shape.",
		accept:    &issuer.Acceptance{Shape: metadata.ShapeOf(cursor)},
		request:   demoRequest{Client: &cursor},
		want:      demoResult{"approved", "accepted", "loose", demoScope, "15m/7d", ""},
	}}, nil
}

// demoReason returns the first thing that a decision says against a client: why
// it is denied, else its first flag, else the first finding with a reason.
func demoReason(d issuer.Decision) metadata.Reason {
	if d.Reason != "" {
		return d.Reason
	}
	if len(d.Flags) > 0 {
		return d.Flags[0]
	}
	for _, f := range d.Findings {
		if f.Reason != "" {
			return f.Reason
		}
	}
	return ""
}
