package dnsx

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"

	"github.com/miekg/dns"
)

// A jar holds the DNS cookies of one server (RFC 7873). Whoever cannot see the
// questions cannot know the client's cookie; a server that once sent its own is
// expected to go on. A nil jar sends none and expects none.
type jar struct {
	client string // 8 bytes in hexadecimal, random: they say nothing about us

	mu     sync.Mutex
	server string // in hexadecimal, empty where the server has sent none
}

// The lengths of cookies in hexadecimal (RFC 7873, Section 4).
const (
	clientCookie    = 2 * 8
	serverCookieMin = 2 * 8
	serverCookieMax = 2 * 32
)

var errCookieMissing = errors.New("the answer has no DNS cookie, and the server sent one before")

func newJar() *jar {
	secret := make([]byte, clientCookie/2)
	_, _ = rand.Read(secret) // it never fails
	return &jar{client: hex.EncodeToString(secret)}
}

// stamp returns a copy of q with the cookies.
func (j *jar) stamp(q *dns.Msg) *dns.Msg {
	if j == nil {
		return q
	}
	stamped := q.Copy()
	j.mu.Lock()
	defer j.mu.Unlock()
	opt := stamped.IsEdns0()
	opt.Option = append(opt.Option, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: j.client + j.server})
	return stamped
}

// check returns errWrongCookie for an answer to somebody else's question, and
// errCookieMissing for one without the cookie that is due (RFC 7873, Section 5.3).
func (j *jar) check(m *dns.Msg) error {
	if j == nil {
		return nil
	}
	got, ok := cookieOf(m)
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case !ok && j.server != "":
		return errCookieMissing
	case ok && !j.ours(got):
		return errWrongCookie
	}
	return nil
}

var errWrongCookie = errors.New("the answer has the DNS cookie of another question")

// keep remembers the cookie of an answer that passed check, and over TCP, where
// nobody guesses, that the server has none any more.
func (j *jar) keep(m *dns.Msg, tcp bool) {
	if j == nil {
		return
	}
	got, ok := cookieOf(m)
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case ok && j.ours(got) && len(got) > clientCookie:
		j.server = got[clientCookie:]
	case !ok && tcp:
		j.server = ""
	}
}

// ours reports whether a cookie is well-formed and begins with the client's.
func (j *jar) ours(got string) bool {
	server := len(got) - clientCookie
	return server >= 0 && got[:clientCookie] == j.client &&
		(server == 0 || server >= serverCookieMin && server <= serverCookieMax)
}

// cookieOf returns the first cookie of an answer: others are ignored (RFC 7873,
// Section 4).
func cookieOf(m *dns.Msg) (string, bool) {
	opt := m.IsEdns0()
	if opt == nil {
		return "", false
	}
	for _, option := range opt.Option {
		if cookie, ok := option.(*dns.EDNS0_COOKIE); ok {
			return cookie.Cookie, true
		}
	}
	return "", false
}
