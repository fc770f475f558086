package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// A server is what the metadata says of an authorization server (RFC 8414,
// Section 2).
type server struct {
	Issuer           string   `json:"issuer"`
	Registration     string   `json:"registration_endpoint"`
	Token            string   `json:"token_endpoint"`
	Scopes           []string `json:"scopes_supported"`
	ChallengeMethods []string `json:"code_challenge_methods_supported"`
	AuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	ClientDocuments  bool     `json:"client_id_metadata_document_supported"`

	exchange Exchange
}

// serverMembers are the members of metadata that findings rest on.
var serverMembers = []string{
	"issuer", "registration_endpoint", "token_endpoint", "scopes_supported", "code_challenge_methods_supported",
	"token_endpoint_auth_methods_supported", "client_id_metadata_document_supported",
}

// wellKnown returns where the metadata of an issuer may be: RFC 8414, Section
// 3.1, then OpenID Connect Discovery 1.0, Section 4, then RFC 8414, Section 5.
func wellKnown(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	base := u.Scheme + "://" + u.Host
	list := []string{
		base + "/.well-known/oauth-authorization-server" + path,
		base + path + "/.well-known/openid-configuration",
		base + "/.well-known/openid-configuration" + path,
	}
	return slices.Compact(list)
}

// discover reads the server's metadata. Whatever is not about this very issuer is
// not used (RFC 8414, Section 3.3).
func (s *session) discover(ctx context.Context) (server, error) {
	var last error
	for _, at := range wellKnown(s.issuer) {
		resp, err := s.do(ctx, fetch.Request{Method: http.MethodGet, URL: at})
		if err != nil {
			return server{}, err
		}
		if resp.Status != http.StatusOK {
			if last == nil {
				last = fmt.Errorf("%s answered %d", at, resp.Status)
			}
			continue
		}
		found, err := parseServer(resp.Body)
		if err != nil {
			last = fmt.Errorf("%s holds no metadata: %w", at, err)
			continue
		}
		if found.Issuer != s.issuer {
			return server{}, fmt.Errorf("the metadata is of the issuer %.100q, not of %.100q (RFC 8414, Section 3.3)", found.Issuer, s.issuer)
		}
		found.exchange = Exchange{Request: "GET " + at, Status: resp.Status, Answer: s.only(members(resp.Body), serverMembers)}
		return found, nil
	}
	return server{}, last
}

// parseServer reads metadata of which the members that are used have their types.
func parseServer(body []byte) (server, error) {
	list, err := strictjson.ParseObject(body, limits.JSONDepth)
	if err != nil {
		return server{}, err
	}
	known := map[string]json.RawMessage{}
	for _, m := range list {
		if slices.Contains(serverMembers, m.Name) {
			known[m.Name] = m.Value
		}
	}
	text, err := strictjson.Encode(known, false)
	if err != nil {
		return server{}, err
	}
	var found server
	if err := strictjson.Decode(text, &found); err != nil {
		return server{}, err
	}
	if found.Issuer == "" {
		return server{}, errors.New("it names no issuer")
	}
	return found, nil
}

func lookPKCE(_ context.Context, s *session) Finding {
	methods, seen := s.server.ChallengeMethods, s.server.exchange
	switch {
	case !slices.Contains(methods, "S256"):
		return failed(Medium, "S256 is not announced: clients that follow the rules turn away, and others use no challenge", seen)
	case slices.Contains(methods, "plain"):
		return failed(Low, "plain is announced: its challenge shows the verifier to whoever sees the request", seen)
	}
	return passed("S256 is announced, and plain is not", seen)
}

func lookClientAuthentication(_ context.Context, s *session) Finding {
	methods, seen := s.server.AuthMethods, s.server.exchange
	if !s.server.ClientDocuments {
		return passed("client ID metadata documents are not announced: clients that publish one must register all the same", seen)
	}
	if slices.Contains(methods, "none") || slices.Contains(methods, "private_key_jwt") {
		return passed("client ID metadata documents are announced, with a method that needs no secret", seen)
	}
	return failed(Low, "client ID metadata documents are announced, and neither none nor private_key_jwt is", seen)
}
