package issuer

import (
	"errors"
	"net/netip"

	"github.com/fc28f635/countersign/metadata"
)

// A Request asks for a decision on one client. Exactly one of ClientID and
// Client is given.
type Request struct {
	ClientID string
	Client   *metadata.Client

	// Defects are what was wrong with the members of Client before it could be
	// parsed: the decision is denied for the first, and has all as findings.
	Defects error

	// AuthorizationServer, where given, is used in place of the registry's own.
	// See [CheckAuthorizationServer].
	AuthorizationServer string

	RedirectURI string

	// Resource is the resource identifier that access is asked for; empty where
	// the client names none.
	Resource string

	// Source is the address that the client is at, where the caller knows it:
	// whoever posts a registration, or with ClientID whoever is at the
	// authorization endpoint.
	Source netip.Addr

	DryRun bool
}

// check returns what is wrong with a request that no caller should make.
func (req Request) check() error {
	if (req.ClientID == "") == (req.Client == nil) {
		return errors.New("a request has either ClientID or Client")
	}
	if req.AuthorizationServer != "" {
		return CheckAuthorizationServer(req.AuthorizationServer)
	}
	return nil
}
