package compat

import (
	_ "embed"

	"github.com/fc28f635/countersign/internal/strictjson"
)

//go:embed peers.json
var peersJSON []byte

// A peer is an authorization server, and what is known of it.
type peer struct {
	Name      string          `json:"name"`
	Version   string          `json:"version"`
	Reads     fact            `json:"reads"`     // whether it takes the URL of a document for a client_id
	Statement fact            `json:"statement"` // what it does with software_statement
	Redirects map[string]fact `json:"redirects"` // by kind: see [kindOf]
	Size      size            `json:"size"`
	Auth      map[string]fact `json:"auth"` // by token_endpoint_auth_method, then " jwks" for keys in the document
	Scope     fact            `json:"scope"`
	Otherwise fact            `json:"otherwise"` // what is said where nothing else is known
}

// A fact is one thing that is known: because it was tried, and a fixture has the
// answer, or because a page says so.
type fact struct {
	Answer  Answer `json:"answer"`
	Text    string `json:"text"`
	Source  string `json:"source"`  // the page; empty where it was tried
	Fixture string `json:"fixture"` // the answers, from the root of the repository; empty where it was not tried
	Date    string `json:"date"`    // when it was read or tried
	Change  string `json:"change"`  // what to change in client.json, where that helps
}

// A size is how large a document may be, and its URL.
type size struct {
	fact
	Bytes     int  `json:"bytes"`     // zero for not known
	URLBytes  int  `json:"url_bytes"` // zero for not known
	Unbounded bool `json:"unbounded"`
}

var peers = func() []peer {
	var file struct {
		Version string `json:"version"`
		Peers   []peer `json:"peers"`
	}
	if err := strictjson.Decode(peersJSON, &file); err != nil {
		panic("compat: peers.json: " + err.Error())
	}
	return file.Peers
}()
