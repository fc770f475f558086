package network_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/network"
)

func TestParse(t *testing.T) {
	for _, good := range []string{"10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"} {
		if p, err := network.Parse(good); err != nil || p.String() != good {
			t.Errorf("%s: %s, %v", good, p, err)
		}
	}
	for text, want := range map[string]string{
		"": "is no network", "10.0.0.0": "is no network", "10.0.0.0/33": "is no network", "10.0.0/8": "is no network",
		"::ffff:10.0.0.0/104": "is no network", "fe80::%eth0/64": "is no network", "10.0.0.0/08": "is no network",
		"10.0.0.1/8": "10.0.0.0/8 is the network", "0.0.0.0/0": "is everybody", "::/0": "is everybody",
	} {
		if p, err := network.Parse(text); err == nil || p.IsValid() || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, %v", text, p, err)
		}
	}
}

func TestOf(t *testing.T) {
	for addr, want := range map[string][2]string{
		"192.0.2.77":          {"192.0.2.0/24", "invalid Prefix"},
		"::ffff:192.0.2.77":   {"192.0.2.0/24", "invalid Prefix"},
		"2001:db8:1:2:3::4":   {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"fe80::1:2:3:4%eth0":  {"fe80::/64", "fe80::/48"},
		"2001:db8:ffff:f::%1": {"2001:db8:ffff:f::/64", "2001:db8:ffff::/48"},
	} {
		a := netip.MustParseAddr(addr)
		if got := [2]string{network.Of(a).String(), network.SiteOf(a).String()}; got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if network.Of(netip.Addr{}).IsValid() || network.SiteOf(netip.Addr{}).IsValid() {
		t.Error("the zero address has a network")
	}
}
