package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
)

// statedName is the client_name inside the statements: a server that answers
// with it believed one.
const statedName = ClientName + " (stated)"

// claims returns the claims of a statement by a publisher that cannot exist (RFC
// 6761, Section 6.4), so that nobody is named and no key can be found.
func (s *session) claims() map[string]any {
	now := s.cfg.Now()
	return map[string]any{
		"iss": "https://publisher.invalid", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": rand.Text(),
		"software_id": "countersign-probe", "client_name": statedName, "redirect_uris": []string{"http://127.0.0.1/callback"},
	}
}

// lookForgedStatement presents a statement that is well-formed and signed by a
// key that nobody publishes.
func lookForgedStatement(ctx context.Context, s *session) Finding {
	statement, err := s.key.sign(jose.TypeStatement, s.claims())
	if err != nil {
		return unavailable(err.Error())
	}
	return s.present(ctx, "a forged statement", statement)
}

// lookUnsignedStatement presents a statement with alg none (RFC 7518, Section 3.6).
func lookUnsignedStatement(ctx context.Context, s *session) Finding {
	input, err := unsigned(map[string]any{"alg": "none", "typ": jose.TypeStatement}, s.claims())
	if err != nil {
		return unavailable(err.Error())
	}
	return s.present(ctx, "an unsigned statement", input+".")
}

// present registers with a statement that nobody should believe, and tells apart
// what the server makes of it.
func (s *session) present(ctx context.Context, what, statement string) Finding {
	sent := ordinary()
	sent["software_statement"] = statement
	a := s.register(ctx, s.bearer, sent)
	if a.registered == nil {
		return a.refusal(what)
	}
	c := a.registered
	switch {
	case text(c.members, "client_name") == statedName:
		return failed(Critical, fmt.Sprintf("%s is believed: the client has the name that it states (%s)", what, c.proof), a.exchanges...).with(Believed)
	case text(c.members, "software_statement") != "":
		return failed(High, fmt.Sprintf("%s is stored with the client as if it were accepted (%s)", what, c.proof), a.exchanges...).with(Stored)
	}
	return failed(Medium, fmt.Sprintf("%s is answered %d and ignored: nobody learns that a client lied (%s)", what, a.status, c.proof), a.exchanges...).with(Ignored)
}
