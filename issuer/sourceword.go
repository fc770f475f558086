package issuer

import (
	"fmt"
	"net/netip"

	"github.com/fc28f635/countersign/internal/network"
)

// A sourceNetwork is a network as a policy writes it.
type sourceNetwork struct{ prefix netip.Prefix }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *sourceNetwork) UnmarshalText(text []byte) (err error) {
	n.prefix, err = network.Parse(string(text))
	return err
}

// A sourceCountry is a country as a policy writes it (ISO 3166-1 alpha-2).
type sourceCountry string

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *sourceCountry) UnmarshalText(text []byte) error {
	upper := func(b byte) bool { return 'A' <= b && b <= 'Z' }
	if len(text) != 2 || !upper(text[0]) || !upper(text[1]) {
		return fmt.Errorf("%.100q is no country such as DE, two letters in upper case", text)
	}
	*c = sourceCountry(text)
	return nil
}
