package fetch

import (
	"errors"
	"net/netip"
	"regexp"
	"testing"
)

// hostile addresses, by row of the catalogue.
var hostileAddrs = map[string][]string{
	"S1 special-use": {
		"127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1",
		"100.64.0.1", "100.127.255.255", "0.0.0.0", "0.1.2.3", "192.0.0.1", "192.0.0.9", "192.0.2.1", "198.18.0.1",
		"198.19.255.255", "198.51.100.1", "203.0.113.1", "192.88.99.1", "192.31.196.1", "192.52.193.1",
		"192.175.48.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1", "100::1",
		"100:0:0:1::1", "2001::1", "2001:1ff::1", "2001:20::1", "2002::1", "64:ff9b::1", "64:ff9b:1::1",
		"2620:4f:8000::1", "3fff::1", "5f00::1", "::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8", "4000::1", "1::1",
	},
	"S2 cloud metadata": {
		"169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "192.0.0.192",
	},
	"S3 IPv4 inside IPv6": {
		"::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1",
		"2001:0:a9fe:a9fe::1", "2600::5efe:10.0.0.1", "2600::200:5efe:10.0.0.1", "fe80::1%eth0", "2600::1%eth0",
	},
}

func TestRefuse(t *testing.T) {
	for row, addrs := range hostileAddrs {
		for _, a := range addrs {
			t.Run(row+" "+a, func(t *testing.T) {
				if Refuse(netip.MustParseAddr(a)) == nil {
					t.Errorf("%s is not refused", a)
				}
			})
		}
	}
	t.Run("F8 what the standard library's Is methods miss", func(t *testing.T) {
		missed := 0
		for row, addrs := range hostileAddrs {
			for _, a := range addrs {
				addr := netip.MustParseAddr(a)
				if !addr.IsUnspecified() && !addr.IsLoopback() && !addr.IsPrivate() && !addr.IsLinkLocalUnicast() && !addr.IsMulticast() && addr.IsGlobalUnicast() {
					missed++
					if Refuse(addr) == nil {
						t.Errorf("%s: %s is not refused", row, a)
					}
				}
			}
		}
		if missed < 24 {
			t.Errorf("only %d of the addresses are missed: this shows nothing", missed)
		}
	})
	t.Run("S3 zone", func(t *testing.T) {
		contains(t, Refuse(netip.MustParseAddr("2600::1%eth0")), "zone")
	})
	t.Run("S3 mapped", func(t *testing.T) {
		contains(t, Refuse(netip.MustParseAddr("::ffff:8.8.8.8")), "IPv4-mapped")
	})
	t.Run("S1 a table that does not parse refuses everything", func(t *testing.T) {
		broken := errors.New("no table")
		errSpecial = broken
		defer func() { errSpecial = nil }()
		if err := Refuse(netip.MustParseAddr("8.8.8.8")); !errors.Is(err, broken) {
			t.Errorf("%v, want that there is no table", err)
		}
	})
	t.Run("zero", func(t *testing.T) {
		if Refuse(netip.Addr{}) == nil {
			t.Error("the zero address is not refused")
		}
	})
	for _, a := range []string{
		"8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
		"128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.1", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "168.63.129.15", "168.63.129.17",
		"2600::1", "2a00:1450::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "3ffe::1", "2606:4700::5efe",
	} {
		t.Run("public "+a, func(t *testing.T) {
			if err := Refuse(netip.MustParseAddr(a)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Every row of the table refuses its first and last address, so that a row
// that is lost or shortened is noticed where its bounds are probed above, and
// a row that parses to nothing here.
func TestSpecialTable(t *testing.T) {
	if errSpecial != nil {
		t.Fatal(errSpecial)
	}
	if len(special) != 56 {
		t.Errorf("the table has %d rows, want 56", len(special))
	}
	for _, b := range special {
		if b.name == "" || b.reference == "" {
			t.Errorf("%s lacks a name or reference", b.prefix)
		}
		if Refuse(b.prefix.Addr()) == nil {
			t.Errorf("%s is not refused", b.prefix)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "comment only": "# x\n", "two fields": "10.0.0.0/8,x\n", "no prefix": "10.0.0.0,x,y\n",
		"host bits": "10.0.0.1/8,x,y\n",
	} {
		if _, err := parseBlocks([]byte(text)); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
}

func TestSpecialVersion(t *testing.T) {
	if v := SpecialVersion(); !regexp.MustCompile(`^20\d\d-\d\d-\d\d$`).MatchString(v) {
		t.Errorf("special.csv has version %q, want a day", v)
	}
}
