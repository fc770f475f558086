// Package dnstest runs real name servers on loopback for tests: call [Start] for
// BIND with zones that are signed, or not, or wrongly, and Debian's unbound in
// front of it, which validates. scripts/deps brings both; where they are not there
// the test fails and says so. No packet leaves the machine.
package dnstest

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// A Network is one authority for all its zones and the trust anchors of those that
// are signed.
type Network struct {
	// Authority is where BIND answers over UDP and TCP, with DNS cookies.
	Authority netip.AddrPort

	dir     string
	zones   []Zone
	anchors string // a file
	started int
}

// Start runs the authority until the test ends. Zones are signed anew each time.
func Start(t testing.TB, zones ...Zone) *Network {
	t.Helper()
	n := &Network{Authority: FreePort(t), dir: t.TempDir(), zones: zones}
	var config, anchors strings.Builder
	for _, zone := range zones {
		file := zone.write(t, n.dir, &anchors)
		fmt.Fprintf(&config, "zone %q { type primary; file %q; };\n", zone.Name, file)
	}
	n.anchors = filepath.Join(n.dir, "anchors")
	write(t, n.anchors, anchors.String())
	StartNamed(t, filepath.Join(n.dir, "authority"), n.Authority, "recursion no; dnssec-validation no;", config.String(), zones[0].Name)
	return n
}

// await waits until a server answers for a zone, validated or not.
func await(t testing.TB, at netip.AddrPort, zone string) {
	t.Helper()
	q := new(dns.Msg).SetQuestion(dns.Fqdn(zone), dns.TypeSOA)
	q.CheckingDisabled = true
	client := &dns.Client{Net: "tcp", Timeout: time.Second}
	for range 400 {
		if m, _, err := client.Exchange(q, at.String()); err == nil && m.Rcode == dns.RcodeSuccess {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("%s does not answer", at)
}

// StartNamed runs BIND in a directory, which it makes, until the test ends, and waits
// until it answers for one of its zones. It asks from 127.0.0.1, from where no packet
// leaves the machine, and the test fails where it looks for the root.
func StartNamed(t testing.TB, dir string, at netip.AddrPort, options, zones, one string) {
	t.Helper()
	mkdir(t, dir)
	conf := filepath.Join(dir, "named.conf")
	write(t, conf, fmt.Sprintf(`options {
	directory %q; pid-file none; session-keyfile none; lock-file none;
	listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; };
	query-source address 127.0.0.1; empty-zones-enable no;
	allow-query { any; }; notify no; %s
};
controls { };
%s`, dir, at.Port(), options, zones))
	log := start(t, dir, "named", "-4", "-g", "-n", "1", "-c", conf)
	t.Cleanup(func() {
		if text, err := os.ReadFile(log); err != nil || strings.Contains(string(text), "priming") {
			t.Errorf("%s looked for the root (%v)", filepath.Base(dir), err)
		}
	})
	await(t, at, one)
}

// start runs a program until the test ends, and returns the file that has what it
// says. That is shown where the test failed.
func start(t testing.TB, dir, name string, args ...string) (log string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command(Program(t, name), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, file, file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(file.Name())
			t.Logf("%s: %s", name, text)
		}
	})
	return file.Name()
}

// Program returns where a program is: brought by scripts/deps, or the system's.
func Program(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	dirs := append([]string{filepath.Join(dir, ".tools", "bin")}, filepath.SplitList(os.Getenv("PATH"))...)
	for _, d := range append(dirs, "/usr/sbin", "/sbin") {
		if path, err := exec.LookPath(filepath.Join(d, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is missing: run scripts/deps", name)
	return ""
}

// FreePort returns an address on loopback that is free for UDP and TCP.
func FreePort(t testing.TB) netip.AddrPort {
	t.Helper()
	for range 20 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		packets.Close()
		if err == nil {
			listener.Close()
			return netip.MustParseAddrPort(packets.LocalAddr().String())
		}
	}
	t.Fatal("no port is free for UDP and TCP")
	return netip.AddrPort{}
}

func mkdir(t testing.TB, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
