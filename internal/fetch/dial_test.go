package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

// pubURL has a name that is not special; no test lets a packet leave for it.
const pubURL = "https://pub.countersign.dev/doc.json"

func TestAddressesRefused(t *testing.T) {
	for row, addrs := range hostileAddrs {
		for _, a := range addrs {
			t.Run(row+" "+a, func(t *testing.T) {
				calls := 0
				got := mustFail(t, New(Config{LookupAddrs: to(&calls, a)}), pubURL)
				if !got.Refused || got.Server != "" || calls != 1 {
					t.Errorf("%+v after %d look-ups, want refused", got, calls)
				}
			})
		}
	}
	fifty := make([]string, 50)
	for i := range fifty {
		fifty[i] = "8.8.8.8"
	}
	fifty[49] = "10.0.0.1"
	for name, addrs := range map[string][]string{
		"S4 public A and private AAAA":  {"8.8.8.8", "fd00::1"},
		"S4 private A and public AAAA":  {"10.0.0.1", "2600::1"},
		"S4 fifty answers, one private": fifty,
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			if got := mustFail(t, New(Config{LookupAddrs: to(&calls, addrs...)}), pubURL); !got.Refused {
				t.Errorf("%+v, want refused", got)
			}
		})
	}
	t.Run("AllowLoopback permits loopback only", func(t *testing.T) {
		calls := 0
		for _, a := range []string{"10.0.0.1", "169.254.169.254", "0.0.0.0", "::", "::ffff:127.0.0.1", "fe80::1"} {
			c := New(Config{AllowLoopback: true, LookupAddrs: to(&calls, a)})
			if got := mustFail(t, c, "https://pub.test/"); !got.Refused {
				t.Errorf("%s: %+v, want refused", a, got)
			}
		}
	})
	t.Run("S3 the network's own NAT64 prefix", func(t *testing.T) {
		calls := 0
		c := New(Config{
			LookupAddrs: to(&calls, "2a01:4f8:1::a00:1"),
			Deny:        []netip.Prefix{netip.MustParsePrefix("2a01:4f8:1::/96")},
		})
		if got := mustFail(t, c, pubURL); !got.Refused {
			t.Errorf("%+v, want refused", got)
		}
	})
}

// S4: what the second look-up would say is never asked.
func TestOneLookup(t *testing.T) {
	c := serve(t, document())
	port := netip.MustParseAddrPort(c.cfg.ConnectTo("")).Port()
	c.cfg.ConnectTo = func(a string) string { return a }
	calls := 0
	answers := [][]netip.Addr{{netip.MustParseAddr("127.0.0.1")}, {netip.MustParseAddr("10.0.0.1")}}
	c.cfg.LookupAddrs = func(context.Context, string) ([]netip.Addr, error) {
		calls++
		return answers[min(calls, 2)-1], nil
	}
	url := "https://pub.test:" + netip.AddrPortFrom(netip.IPv4Unspecified(), port).String()[len("0.0.0.0:"):] + "/doc.json"
	t.Run("S4 rebinding", func(t *testing.T) {
		res, err := c.Fetch(t.Context(), url, 5120)
		if err != nil || calls != 1 || !strings.HasPrefix(res.Server, "127.0.0.1:") {
			t.Errorf("%+v, %v after %d look-ups", res, err, calls)
		}
		if got := mustFail(t, c, url); !got.Refused {
			t.Errorf("second fetch: %+v, want refused", got)
		}
	})
}

// The check at the dial holds by itself, without the one before it.
func TestDialGuard(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Run("S4 address changed between check and dial", func(t *testing.T) {
		conn, err := guardedDialer(Refuse).DialContext(t.Context(), "tcp", l.Addr().String())
		var refused errRefused
		if !errors.As(err, &refused) {
			t.Errorf("%v, %v, want refused", conn, err)
		}
	})
}

func TestPortsAndHosts(t *testing.T) {
	calls := 0
	public := New(Config{LookupAddrs: to(&calls, "8.8.8.8")})
	for name, url := range map[string]string{
		"U7 port 22":            "https://pub.countersign.dev:22/",
		"U7 port 8443":          "https://pub.countersign.dev:8443/",
		"U7 port 0":             "https://pub.countersign.dev:0/",
		"U7 port 0443":          "https://pub.countersign.dev:0443/",
		"U7 port 99999":         "https://pub.countersign.dev:99999/",
		"S10 http":              "http://pub.countersign.dev/",
		"U5 user information":   "https://u:p@pub.countersign.dev/",
		"F9 host in user part":  "https://pub.countersign.dev%2f@evil/",
		"U11 address":           "https://8.8.8.8/",
		"U11 loopback":          "https://127.0.0.1/",
		"U11 IPv6":              "https://[2600::1]/",
		"U11 decimal":           "https://2130706433/",
		"U12 localhost":         "https://localhost/",
		"U12 special-use":       "https://pub.test/",
		"S2 internal name":      "https://metadata.google.internal/",
		"U9 trailing dot":       "https://pub.countersign.dev./",
		"U15 no host":           "https:///a",
		"U1 opaque":             "https:pub.countersign.dev",
		"U1 file":               "file:///etc/passwd",
		"U4 fragment":           "https://pub.countersign.dev/#a",
		"U4 empty user":         "https://@pub.countersign.dev/",
		"U13 control character": "https://pub.countersign.dev/\x00",
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustFail(t, public, url); !got.Refused {
				t.Errorf("%+v, want refused", got)
			}
		})
	}
	if calls != 0 {
		t.Errorf("%d look-ups for URLs that are never fetched", calls)
	}
	for name, url := range map[string]string{
		"U7 port 0": "https://127.0.0.1:0/", "U7 port 0443": "https://127.0.0.1:0443/", "U7 port 99999": "https://127.0.0.1:99999/",
		"S10 http": "http://pub.test/", "U5 user information": "https://u:p@pub.test/", "U4 fragment": "https://pub.test/#a",
		"U15 no host": "https:///a", "U1 opaque": "https:pub.test", "U11 address": "https://[2600::1]/",
	} {
		t.Run(name+", on loopback too", func(t *testing.T) {
			c := New(Config{AllowLoopback: true, LookupAddrs: to(&calls, "127.0.0.1")})
			if got := mustFail(t, c, url); !got.Refused {
				t.Errorf("%+v, want refused", got)
			}
		})
	}
	t.Run("a loopback address is a host where it is allowed", func(t *testing.T) {
		if got := mustFail(t, New(Config{AllowLoopback: true}), "https://127.0.0.1:1/"); got.Refused {
			t.Errorf("%+v, want that nobody answers", got)
		}
	})
	t.Run("another port is for loopback only", func(t *testing.T) {
		c := New(Config{AllowLoopback: true, LookupAddrs: to(&calls, "8.8.8.8")})
		if got := mustFail(t, c, "https://pub.test:8443/"); !got.Refused {
			t.Errorf("%+v, want refused", got)
		}
		if got := mustFail(t, c, "https://8.8.8.8/"); !got.Refused {
			t.Errorf("%+v, want refused", got)
		}
	})
	for _, target := range []string{"8.8.8.8:443", "10.0.0.1:443", "localhost:8443", "::1", ""} {
		t.Run("connect-to "+target, func(t *testing.T) {
			c := New(Config{AllowLoopback: true, ConnectTo: connectTo(target), LookupAddrs: to(&calls, "127.0.0.1")})
			if got := mustFail(t, c, "https://pub.test/"); !got.Refused {
				t.Errorf("%+v, want refused", got)
			}
		})
	}
}

func TestLookupFails(t *testing.T) {
	for name, lookup := range map[string]func(context.Context, string) ([]netip.Addr, error){
		"error":      func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") },
		"no address": func(context.Context, string) ([]netip.Addr, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustFail(t, New(Config{LookupAddrs: lookup}), pubURL); got.Refused || got.Unusable || got.Status != 0 {
				t.Errorf("%+v, want unavailable", got)
			}
		})
	}
	t.Run("no address is said to be none", func(t *testing.T) {
		nothing := func(context.Context, string) ([]netip.Addr, error) { return nil, nil }
		contains(t, mustFail(t, New(Config{LookupAddrs: nothing}), pubURL), "no address")
	})
}

// An address that hangs leaves the others their share of the time.
func TestDialShare(t *testing.T) {
	var given context.Context
	d := &net.Dialer{ControlContext: func(ctx context.Context, _, _ string, _ syscall.RawConn) error {
		given = ctx
		return errors.New("no packet leaves")
	}}
	whole := time.Now().Add(4 * time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), whole)
	defer cancel()
	if _, err := dialOne(ctx, d, netip.MustParseAddrPort("127.0.0.1:1"), 4); err == nil || given == nil {
		t.Fatalf("%v: this shows nothing", err)
	}
	if end, ok := given.Deadline(); !ok || whole.Sub(end) < 2*time.Hour || whole.Sub(end) > 3*time.Hour {
		t.Errorf("one of four has until %v before the end, want a quarter of four hours", whole.Sub(end))
	}
	if given.Err() == nil {
		t.Error("the attempt goes on")
	}
}

// A host has the attempts of few addresses, however many it names.
func TestDialAttempts(t *testing.T) {
	attempts, denied := 0, errors.New("no packet leaves")
	_, err := connect(t.Context(), slices.Repeat([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}, 50), func(netip.Addr) error {
		attempts++
		return denied
	})
	var failure *verify.FetchError
	if contains(t, err, denied.Error()); !errors.As(err, &failure) || !failure.Refused || attempts != limits.FetchAddresses {
		t.Errorf("%+v after %d attempts, want refused after %d", err, attempts, limits.FetchAddresses)
	}
}
