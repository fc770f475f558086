package probe

import (
	"context"

	"github.com/fc28f635/countersign/verify"
)

// A Check names one thing that a probe looks at. Checks are append-only strings.
type Check string

// The checks, in the order in which they are made.
const (
	PKCE                 Check = "pkce"
	ClientAuthentication Check = "client_authentication"
	OpenRegistration     Check = "open_registration"
	ForgedStatement      Check = "forged_statement"
	UnsignedStatement    Check = "unsigned_statement"
	ChosenScope          Check = "chosen_scope"
	EmptyScope           Check = "empty_scope"
	ScriptRedirect       Check = "script_redirect"
	ForeignRedirect      Check = "foreign_redirect"
	InsideJWKS           Check = "inside_jwks_uri"
	RateLimit            Check = "rate_limit"
)

// A check is one entry of the table: how to look, and what to do about a hole.
type check struct {
	name              Check
	look              func(context.Context, *session) Finding
	mend, countersign string
}

var checks = []check{
	{
		PKCE, lookPKCE,
		"announce code_challenge_methods_supported as [\"S256\"] and refuse authorization requests without it (RFC 9700, Section 2.1.1)",
		"nothing: only the authorization server sees the code",
	},
	{
		ClientAuthentication, lookClientAuthentication,
		"announce none or private_key_jwt in token_endpoint_auth_methods_supported: clients that are named by a document have no secret",
		"nothing: only the authorization server authenticates clients",
	},
	{
		OpenRegistration, needRegister(lookOpenRegistration),
		"ask countersign before each registration, or accept metadata documents alone, or ask for an initial access token (RFC 7591, Section 1.2)",
		"decides on every client: an unproven one is at tier unverified and reads only what is not sensitive",
	},
	{
		ForgedStatement, needClient(lookForgedStatement),
		"refuse a software_statement that is not verified (RFC 7591, Section 3.2.2: invalid_software_statement)",
		"verifies each statement by keys that its publisher's domain publishes, and refuses this one",
	},
	{
		UnsignedStatement, needClient(lookUnsignedStatement),
		"refuse a software_statement whose alg is none (RFC 7591, Section 2.3: it is signed or MACed)",
		"refuses it before anything is looked up",
	},
	{
		ChosenScope, needClient(lookChosenScope),
		"let the server decide the scope of a client, and answer with that (RFC 7591, Section 2)",
		"grants by tier: of what a stranger asks for, reads that are not sensitive",
	},
	{
		EmptyScope, needClient(lookEmptyScope),
		"register an empty scope as empty, or refuse it (RFC 6749, Section 3.3)",
		"grants an empty scope nothing",
	},
	{
		ScriptRedirect, needClient(lookScriptRedirect),
		"refuse redirect URIs whose scheme a browser runs or reads (javascript, data, vbscript, file, blob)",
		"refuses such a redirect URI",
	},
	{
		ForeignRedirect, needClient(lookForeignRedirect),
		"accept redirect URIs of the client's own host or of this computer, or show the host on the consent page",
		"believes neither host: such a client is at tier unverified, and its client_uri is left out",
	},
	{
		InsideJWKS, needClient(lookInsideJWKS),
		"fetch no jwks_uri whose host has a loopback, private or link-local address: check the address that is dialled",
		"fetches public addresses only, each checked again when it is dialled",
	},
	{
		RateLimit, needClient(lookRateLimit),
		"answer 429 to a source that registers many clients, in the server or in the proxy before it",
		"nothing yet: its rate limits are for its own callers",
	},
}

// needRegister skips a check that registers where that is not permitted.
func needRegister(look func(context.Context, *session) Finding) func(context.Context, *session) Finding {
	return func(ctx context.Context, s *session) Finding {
		switch {
		case s.server.Registration == "":
			s.closed = "no registration endpoint is announced; where there is one all the same, --registration-endpoint names it"
			return passed(s.closed, s.server.exchange)
		case !s.origin.Has(s.server.Registration):
			s.closed = "the registration endpoint is on another origin than the issuer, and a probe speaks to one"
			return Finding{Status: verify.Unavailable, Detail: s.closed}
		case !s.cfg.Register:
			s.closed = "not looked at: it registers clients, which --register permits"
			return Finding{Status: verify.Skipped, Detail: s.closed}
		}
		return look(ctx, s)
	}
}

// needClient skips a check where no client can be registered.
func needClient(look func(context.Context, *session) Finding) func(context.Context, *session) Finding {
	return func(ctx context.Context, s *session) Finding {
		if s.closed != "" {
			return Finding{Status: verify.Skipped, Detail: s.closed}
		}
		return look(ctx, s)
	}
}

func passed(detail string, evidence ...Exchange) Finding {
	return Finding{Status: verify.Passed, Detail: detail, Evidence: evidence}
}

func failed(severity Severity, detail string, evidence ...Exchange) Finding {
	return Finding{Status: verify.Failed, Severity: severity, Detail: detail, Evidence: evidence}
}

func unavailable(detail string, evidence ...Exchange) Finding {
	return Finding{Status: verify.Unavailable, Detail: detail, Evidence: evidence}
}

// with returns f with the effect that was seen.
func (f Finding) with(e Effect) Finding {
	f.Effect = e
	return f
}
