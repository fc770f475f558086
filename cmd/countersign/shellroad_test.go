package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A shellRoad is a publisher who types commands, in a working directory, with a
// home, and with the real servers of acme.test.
type shellRoad struct {
	dir    string // where commands run
	served string // what the web server serves
	home   string
	bin    string // first in PATH
	names  *nameServer
	env    []string
}

// newShellRoad starts the servers. The media types are what nginx is told.
func newShellRoad(t *testing.T, types string) *shellRoad {
	t.Helper()
	top := t.TempDir()
	r := &shellRoad{dir: filepath.Join(top, "work"), served: filepath.Join(top, "www"), home: filepath.Join(top, "home"), bin: filepath.Join(top, "bin")}
	for _, dir := range []string{r.dir, r.served, r.home, r.bin} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(r.served, 0o755); err != nil {
		t.Fatal(err)
	}
	r.names = startNameServer(t, filepath.Join(top, "dns"), "v=none")
	web, ca := startHost(t, filepath.Join(top, "web"), r.served, types)
	own, err := exec.LookPath("countersign")
	if err != nil {
		t.Fatal(err)
	}
	r.program(t, "countersign", fmt.Sprintf(`command=$1
shift
case $command in
init | publish | doctor | verify)
	set -- --allow-loopback --resolver %s --ca-file '%s' --connect-to ns.acme.test:53:%s --connect-to acme.test:443:%s "$@"
	;;
esac
exec '%s' "$command" "$@"
`, r.names.resolver, ca, r.names.authority, web, own))
	r.env = append(os.Environ(),
		"PATH="+r.bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"HOME="+r.home, "XDG_CONFIG_HOME="+filepath.Join(r.home, ".config"), "GORACE=atexit_sleep_ms=0",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+filepath.Join(r.home, ".gitconfig"),
		"GIT_AUTHOR_NAME=Acme", "GIT_AUTHOR_EMAIL=acme@acme.test", "GIT_COMMITTER_NAME=Acme", "GIT_COMMITTER_EMAIL=acme@acme.test")
	return r
}

// program puts a shell script into PATH.
func (r *shellRoad) program(t *testing.T, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.bin, name), []byte("#!/bin/sh\nset -eu\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// sh runs a script, with more in its environment, and returns what it printed
// and its exit status.
func (r *shellRoad) sh(t *testing.T, script string, env ...string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	cmd.Dir, cmd.Env = r.dir, append(slices.Clone(r.env), env...)
	data, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	t.Logf("$ %s\n%s(exit %d)", script, data, cmd.ProcessState.ExitCode())
	return string(data), cmd.ProcessState.ExitCode()
}

// must runs a script that ends with status 0.
func (r *shellRoad) must(t *testing.T, script string) string {
	t.Helper()
	out, code := r.sh(t, script)
	if code != 0 {
		t.Fatalf("exit %d", code)
	}
	return out
}

// addRecords puts every TXT record that a command printed into the zone.
func (r *shellRoad) addRecords(t *testing.T, printed string) {
	t.Helper()
	var records []txt
	for _, line := range zoneLines.FindAllString(printed, -1) {
		if record := parseZoneLine(t, line); !slices.Contains(records, record) {
			records = append(records, record)
		}
	}
	if len(records) == 0 {
		t.Fatal("no record was printed")
	}
	r.names.serve(t, records)
}

// startHost serves dir as https://acme.test with nginx, which is told media
// types as a host has them. It returns the address and the authority's file.
func startHost(t *testing.T, home, dir, types string) (address, caFile string) {
	t.Helper()
	address, caFile = freePort(t), filepath.Join(home, "ca.pem")
	newCertificate(t, home, "acme.test")
	var temp strings.Builder
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "%s_temp_path %q; ", name, filepath.Join(home, name))
	}
	conf := filepath.Join(home, "nginx.conf")
	writeText(t, conf, fmt.Sprintf(`daemon off; master_process off; pid %q; error_log stderr; events { }
http {
	access_log off; %s
	%s
	server { listen %s ssl; server_name acme.test; root %q; ssl_certificate %q; ssl_certificate_key %q; }
}
`, filepath.Join(home, "nginx.pid"), temp.String(), types, address, dir, filepath.Join(home, "cert.pem"), filepath.Join(home, "key.pem")))
	startServer(t, program(t, "nginx"), "-p", home, "-c", conf)
	eventually(t, func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err
	})
	return address, caFile
}
