package probe

import (
	"context"
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/verify"
)

// scriptRedirect is run by a browser that is sent there.
const scriptRedirect = "javascript:alert(1)"

// foreignClient and foreignRedirect are at different hosts, neither of which can
// exist.
const (
	foreignClient   = "https://client.invalid/"
	foreignRedirect = "https://codes.invalid/callback"
)

// lookScriptRedirect asks for a javascript: redirect, as a web client and as a
// native one, for which some servers look at other things.
func lookScriptRedirect(ctx context.Context, s *session) Finding {
	web := s.redirect(ctx, High, "a javascript: redirect", scriptRedirect, nil)
	if web.Status == verify.Failed {
		return web
	}
	native := s.redirect(ctx, High, "a javascript: redirect", scriptRedirect, map[string]any{"application_type": "native"})
	native.Evidence = append(web.Evidence, native.Evidence...)
	if web.Status == verify.Unavailable && native.Status == verify.Passed {
		native.Status, native.Detail = web.Status, web.Detail
	}
	return native
}

// lookForeignRedirect names one host as the client's, and sends the codes to another.
func lookForeignRedirect(ctx context.Context, s *session) Finding {
	return s.redirect(ctx, Medium, "a redirect to another host than the client's", foreignRedirect, map[string]any{"client_uri": foreignClient})
}

// redirect registers with a redirect URI that should not be taken.
func (s *session) redirect(ctx context.Context, severity Severity, what, uri string, more map[string]any) Finding {
	sent := ordinary()
	sent["redirect_uris"] = []string{uri}
	for name, value := range more {
		sent[name] = value
	}
	a := s.register(ctx, s.bearer, sent)
	if a.registered == nil {
		return a.refusal(what)
	}
	kept, ok := strictjson.Texts(a.registered.members["redirect_uris"])
	if ok && !slices.Contains(kept, uri) {
		return passed(fmt.Sprintf("%s is left out (%s)", what, a.registered.proof), a.exchanges...).with(Ignored)
	}
	return failed(severity, fmt.Sprintf("%s is registered (%s)", what, a.registered.proof), a.exchanges...).with(Stored)
}
