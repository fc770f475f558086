package probe

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/verify"
)

// lookInsideJWKS registers a client whose keys are at an address inside that the
// probe listens at, then authenticates as that client, so that a server that
// fetches keys when it needs them does so now.
func lookInsideJWKS(ctx context.Context, s *session) Finding {
	inside, err := s.listen()
	if err != nil {
		return unavailable("listening for the fetch failed: " + err.Error())
	}
	defer inside.close()

	sent := s.keyClient()
	sent["jwks_uri"] = inside.url
	a := s.create(ctx, s.bearer, sent)
	authenticated := false
	if a.registered != nil {
		defer s.remove(ctx, a.registered)
		seen := s.authenticate(ctx, a.registered)
		authenticated = len(seen) > 0
		a.exchanges = append(a.exchanges, seen...)
	}
	if inside.visited() {
		return failed(High, fmt.Sprintf("the server fetched %s, an address inside that a stranger named", inside.url), a.exchanges...).with(Believed)
	}
	if a.registered == nil {
		f := a.refusal("a jwks_uri inside")
		if f.Status == verify.Passed && !s.takesKeys(ctx) {
			return unavailable("the server takes no client that authenticates by key, so its refusal proves nothing", f.Evidence...)
		}
		return f
	}
	if !authenticated {
		return unavailable("a jwks_uri inside is registered, and the token endpoint could not be asked whether it fetches it", a.exchanges...)
	}
	if s.remote && inside.loopback {
		return unavailable("the server is on another machine and cannot reach this one's loopback: --listen names an address inside", a.exchanges...)
	}
	return passed("a jwks_uri inside is registered and was not fetched", a.exchanges...).with(Ignored)
}

// keyClient returns the members of a client that authenticates by key.
func (s *session) keyClient() map[string]any {
	members := ordinary()
	members["token_endpoint_auth_method"] = "private_key_jwt"
	members["token_endpoint_auth_signing_alg"] = "ES256"
	return members
}

// takesKeys reports whether the server registers a client whose keys are inline.
func (s *session) takesKeys(ctx context.Context) bool {
	sent := s.keyClient()
	sent["jwks"] = map[string]any{"keys": []json.RawMessage{s.key.public.JWK()}}
	return s.register(ctx, s.bearer, sent).registered != nil
}

// authenticate presents an assertion of the client's (RFC 7523, Section 2.2) with
// a code that was never given, so that nothing but an error can come of it.
func (s *session) authenticate(ctx context.Context, c *client) []Exchange {
	if !s.origin.Has(s.server.Token) {
		return nil
	}
	now := s.cfg.Now()
	assertion, err := s.key.sign("JWT", map[string]any{
		"iss": c.id, "sub": c.id, "aud": s.server.Token, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	if err != nil {
		return nil
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {"countersign-probe"}, "redirect_uri": {"http://127.0.0.1/callback"}, "client_id": {c.id},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
	}
	resp, err := s.do(ctx, fetch.Request{
		Method: http.MethodPost, URL: s.server.Token, MediaType: "application/x-www-form-urlencoded", Body: []byte(form.Encode()),
	})
	if err != nil {
		return nil
	}
	return []Exchange{{Request: "POST " + s.server.Token, Status: resp.Status, Answer: s.only(members(resp.Body), clientMembers)}}
}

// A listener serves the probe's key at an address of its own, and notes visits.
type listener struct {
	url      string
	loopback bool
	visits   chan struct{}
	server   *http.Server
	served   chan struct{}
}

func (s *session) listen() (*listener, error) {
	address := s.cfg.Listen
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	keys, err := strictjson.Encode(map[string]any{"keys": []json.RawMessage{s.key.public.JWK()}}, false)
	if err != nil {
		return nil, err
	}
	in := &listener{
		url: "http://" + l.Addr().String() + "/jwks.json", visits: make(chan struct{}, 1), served: make(chan struct{}),
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		in.loopback = tcp.IP.IsLoopback()
	}
	in.server = &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case in.visits <- struct{}{}:
		default:
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(keys)
	})}
	go func() {
		defer close(in.served)
		_ = in.server.Serve(l)
	}()
	return in, nil
}

// visited waits a moment for a visit: some servers fetch after they answered.
func (l *listener) visited() bool {
	const moment = 500 * time.Millisecond
	select {
	case <-l.visits:
		return true
	case <-time.After(moment):
		return false
	}
}

func (l *listener) close() {
	_ = l.server.Close()
	<-l.served
}
