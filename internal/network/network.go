// Package network has what is meant by a network: call [Parse] for one that an
// operator wrote, and [Of] for the one that an address stands for.
package network

import (
	"fmt"
	"net/netip"
)

// Parse reads a network such as 10.0.0.0/8, which has no bits after its length.
// Its error begins with the text that is none, or that is every address.
func Parse(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil || p.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("%.100q is no network such as 10.0.0.0/8, or 192.0.2.7/32 for one address", text)
	case p != p.Masked():
		return netip.Prefix{}, fmt.Errorf("%.100q has bits after its length: %s is the network", text, p.Masked())
	case p.Bits() == 0:
		return netip.Prefix{}, fmt.Errorf("%.100q is everybody", text)
	}
	return p, nil
}

// Of returns the network that is taken for one caller, IPv4 /24 or IPv6 /64: who
// has one address of it has all. It is zero for the zero address.
func Of(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, _ := a.WithZone("").Prefix(bits) // zero for the zero address
	return p
}

// SiteOf returns the IPv6 /48 of an address: most who have one have all of it.
// It is zero for every other address.
func SiteOf(a netip.Addr) netip.Prefix {
	const site = 48
	a = a.Unmap()
	if !a.Is6() {
		return netip.Prefix{}
	}
	p, _ := a.WithZone("").Prefix(site) // an IPv6 address has them
	return p
}
