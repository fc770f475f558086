package probe

import (
	"context"
	"fmt"
	"net/http"
)

// lookOpenRegistration registers the ordinary client without a token and, where
// that is refused, with the operator's. It decides how all later checks register.
func lookOpenRegistration(ctx context.Context, s *session) Finding {
	a := s.register(ctx, "", ordinary())
	if a.registered != nil {
		return failed(Low, "a stranger registers a client without any token", a.exchanges...)
	}
	wantsToken := a.challenge != "" || a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
	if s.cfg.Token == "" {
		if wantsToken {
			s.closed = "registration asks for a token, so a stranger cannot do this; --token looks behind it"
			return passed("registration asks for a token", a.exchanges...)
		}
		s.closed = "not looked at: the server took no ordinary registration, so a refusal would prove nothing"
		return s.unusual(a)
	}
	if a.err != nil {
		s.closed = "not looked at: the server did not answer the first registration"
		return s.unusual(a)
	}
	b := s.register(ctx, s.cfg.Token, ordinary())
	evidence := append(a.exchanges, b.exchanges...)
	if b.registered == nil {
		s.closed = "not looked at: the server took no ordinary registration with the token either"
		return unavailable(fmt.Sprintf("with the token the server answered %d", b.status), evidence...)
	}
	s.bearer = s.cfg.Token
	return passed("registration asks for a token, and takes the one given", evidence...)
}

// unusual returns the finding for an ordinary registration that came to nothing
// without asking for a token.
func (s *session) unusual(a attempt) Finding {
	if a.err != nil {
		return unavailable(fmt.Sprintf("no answer: %v", a.err), a.exchanges...)
	}
	return unavailable(fmt.Sprintf("an ordinary registration was answered %d, and no token was asked for", a.status), a.exchanges...)
}
