package issuer

import "net/netip"

// NetworkOf returns the network that is taken for one caller, IPv4 /24 or IPv6
// /64: who has one address of it has all. It is zero for the zero address.
func NetworkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	network, _ := a.Prefix(bits)
	return network
}
