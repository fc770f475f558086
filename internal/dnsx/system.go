package dnsx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"strings"
)

// systemOperator is the operator of all resolvers of this machine.
const systemOperator = "system"

// resolvConf is where Unix systems name their resolvers (resolv.conf(5)).
const resolvConf = "/etc/resolv.conf"

// System returns the resolvers of this machine, read once from
// /etc/resolv.conf; its search list and options are not used. All are of one
// operator, "system". One on loopback counts as validating: it is this
// machine's own. It returns an error where the file is missing, malformed or
// names none, and on Windows, which has no such file.
func System() ([]Upstream, error) {
	if runtime.GOOS == "windows" {
		return nil, errors.New("the resolvers of Windows cannot be read, name one with --resolver")
	}
	return readResolvConf(resolvConf)
}

func readResolvConf(path string) ([]Upstream, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading this machine's resolvers (name one with --resolver): %w", err)
	}
	defer f.Close()
	ups, err := parseResolvConf(f)
	if err != nil {
		return nil, fmt.Errorf("reading %s (name a resolver with --resolver): %w", path, err)
	}
	return ups, nil
}

// parseResolvConf reads the nameserver lines. A resolver named twice counts
// once, and three are used at most, as the C library does.
func parseResolvConf(r io.Reader) ([]Upstream, error) {
	const most = 3
	var ups []Upstream
	seen := make(map[netip.Addr]bool)
	lines := bufio.NewScanner(io.LimitReader(r, 64<<10))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		addr, err := netip.ParseAddr(fields[1])
		if err != nil {
			return nil, fmt.Errorf("nameserver %s is no IP address", quote(fields[1]))
		}
		addr = addr.Unmap()
		if seen[addr] || len(ups) == most {
			continue
		}
		seen[addr] = true
		ups = append(ups, Upstream{
			Address:    netip.AddrPortFrom(addr, 53).String(),
			Operator:   systemOperator,
			Validating: addr.IsLoopback(),
		})
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(ups) == 0 {
		return nil, errors.New("it names no resolver")
	}
	return ups, nil
}
