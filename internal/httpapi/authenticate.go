package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/fc28f635/countersign/internal/access"
)

// authenticate finds out who asks (RFC 6750, Section 2.1), and takes it down in
// the event. Through the operator's door comes the operator.
func (s *server) authenticate(r *http.Request) error {
	e := eventOf(r)
	e.named = r.Header.Get(actorHeader)
	if e.operator {
		e.caller = access.Local()
		return nil
	}
	e.auth = AuthFailed
	token, err := bearer(r)
	if err != nil {
		return err
	}
	e.caller, err = s.cfg.Keys.Authenticate(token)
	if err != nil {
		return unauthenticated(err)
	}
	e.auth = AuthOK
	return nil
}

// bearer returns the token that a request presents.
func bearer(r *http.Request) (string, error) {
	if inQuery(r.URL.RawQuery) {
		return "", unauthenticated(errors.New("an API key in the address, where logs keep it"))
	}
	values := r.Header["Authorization"]
	switch len(values) {
	case 0:
		return "", errNoKey
	case 1:
	default:
		return "", errTwoKeys
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ") // 1*SP (RFC 9110, Section 11.4)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errNoKey
	}
	return token, nil
}

// inQuery reports whether a query has a key, or the parameter for one (RFC 6750,
// Section 2.3). A key there counts as told to others, even beside a good header.
func inQuery(query string) bool {
	return strings.Contains(query, "csk_") || strings.Contains(query, "access_token=")
}
