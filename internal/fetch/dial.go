package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// parseURL reads an https URL with a host that may be dialled. That the URL is
// in canonical form is for those to check who compare it.
func parseURL(raw string, allowLoopback bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed") // url.Error repeats the URL
	}
	if u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Host == "" {
		return nil, fmt.Errorf("%s is no plain https URL", quote(raw))
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && (!allowLoopback || !isLoopback(addr)) {
		return nil, fmt.Errorf("the host %s is an address, not a domain", quote(u.Hostname()))
	}
	if allowLoopback {
		return u, nil
	}
	p, err := metadata.PublisherOf(u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("the host %s is no domain", quote(u.Hostname()))
	}
	if p.SpecialUse() {
		return nil, fmt.Errorf("the host %s has a special-use name", quote(u.Hostname()))
	}
	return u, nil
}

// dial connects to the host of u. Its errors are [*verify.FetchError].
func (c *Client) dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	targets, permitted, err := c.targets(ctx, u)
	if err != nil {
		return nil, err
	}
	return connect(ctx, targets, permitted)
}

// connect connects to the first of targets that answers. Its errors are
// [*verify.FetchError].
func connect(ctx context.Context, targets []netip.AddrPort, permitted func(netip.Addr) error) (net.Conn, error) {
	d := guardedDialer(permitted)
	targets = targets[:min(len(targets), limits.FetchAddresses)]
	var last error
	for i, target := range targets {
		conn, err := dialOne(ctx, d, target, len(targets)-i)
		if err == nil {
			return conn, nil
		}
		last = err
	}
	var refused errRefused
	return nil, &verify.FetchError{Refused: errors.As(last, &refused), Err: fmt.Errorf("connecting: %w", last)}
}

// guardedDialer returns a dialer that asks permitted about the very address that
// is about to be connected to, before a packet leaves.
func guardedDialer(permitted func(netip.Addr) error) *net.Dialer {
	return &net.Dialer{
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, _ := netip.ParseAddrPort(address) // what is none is the zero address, which is never permitted
			if err := permitted(ap.Addr()); err != nil {
				return errRefused{err}
			}
			return nil
		},
	}
}

// dialOne connects to one address within its share of the time that is left.
func dialOne(ctx context.Context, d *net.Dialer, target netip.AddrPort, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
	}
	return d.DialContext(ctx, "tcp", target.String())
}

// An errRefused says that an address or port is never dialled.
type errRefused struct{ error }

// targets returns the addresses to try for the host of u, all of them checked,
// and the check that each must pass again when it is dialled.
func (c *Client) targets(ctx context.Context, u *url.URL) ([]netip.AddrPort, func(netip.Addr) error, error) {
	host, port, err := hostPort(u)
	if err != nil {
		return refuse(err)
	}
	if to, moved := c.moved(host, port); moved {
		return c.move(to)
	}
	permitted := c.permitted
	if port != 443 {
		if !c.cfg.AllowLoopback {
			return refuse(fmt.Errorf("port %d is never dialled", port))
		}
		permitted = onlyLoopback
	}
	return c.resolve(ctx, host, port, permitted)
}

func refuse(err error) ([]netip.AddrPort, func(netip.Addr) error, error) {
	return nil, nil, &verify.FetchError{Refused: true, Err: err}
}

// moved returns where the configuration moves connections to a host, if it does.
func (c *Client) moved(host string, port uint16) (to string, moved bool) {
	address := net.JoinHostPort(host, strconv.Itoa(int(port)))
	to = c.cfg.ConnectTo(address)
	return to, to != address
}

// move returns the one target of connections that are moved.
func (c *Client) move(to string) ([]netip.AddrPort, func(netip.Addr) error, error) {
	ap, err := netip.ParseAddrPort(to)
	if err != nil || onlyLoopback(ap.Addr()) != nil {
		return refuse(fmt.Errorf("connections may be moved to a loopback address only, not to %s", quote(to)))
	}
	return []netip.AddrPort{ap}, onlyLoopback, nil
}

// resolve returns the addresses of a host, if permitted lets all of them through.
func (c *Client) resolve(ctx context.Context, host string, port uint16, permitted func(netip.Addr) error) ([]netip.AddrPort, func(netip.Addr) error, error) {
	addrs, err := c.lookup(ctx, host)
	if err != nil {
		return nil, nil, &verify.FetchError{Err: foreign("looking up addresses", err)}
	}
	var targets []netip.AddrPort
	for _, addr := range addrs {
		if err := permitted(addr); err != nil { // one bad address refuses all
			return refuse(err)
		}
		targets = append(targets, netip.AddrPortFrom(addr, port))
	}
	return targets, permitted, nil
}

// hostPort returns the host, in lower case, and the port of u.
func hostPort(u *url.URL) (string, uint16, error) {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		return host, 443, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || port[0] == '0' {
		return "", 0, fmt.Errorf("%s is no port", quote(port))
	}
	return host, uint16(n), nil
}

// lookup returns the addresses of host, at least one. An address literal is its
// own: parseURL lets through none but loopback ones, and those only where they are allowed.
func (c *Client) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, err := c.cfg.LookupAddrs(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, errors.New("the host has no address")
	}
	return addrs, nil
}

// permitted says whether an address may be dialled on port 443.
func (c *Client) permitted(addr netip.Addr) error {
	if err := c.denied(addr); err != nil {
		return err
	}
	if c.cfg.AllowLoopback && isLoopback(addr) {
		return nil
	}
	return Refuse(addr)
}

// denied returns an error where the configuration denies an address.
func (c *Client) denied(addr netip.Addr) error {
	for _, p := range c.cfg.Deny {
		if p.Contains(addr) {
			return fmt.Errorf("address %s is denied by configuration", addr)
		}
	}
	return nil
}

// onlyLoopback permits loopback addresses and no others.
func onlyLoopback(addr netip.Addr) error {
	if !isLoopback(addr) {
		return fmt.Errorf("address %s is not loopback", quote(addr.String()))
	}
	return nil
}
