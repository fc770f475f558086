package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// otherZones produces what is amiss where the record is in a zone that nobody is
// sent to: acme.test is delegated to ns.acme.test, and ns.other.test has the zone
// acme.test as well, with the record.
func (r *road) otherZones(record txt, kid string) {
	defer func(flags []string, resolver string) { r.flags, r.names.resolver = flags, resolver }(r.flags, r.names.resolver)
	other := startZone(r.t, "acme.test", "@ IN SOA ns.other.test. root 1 3600 600 86400 3600\n@ IN NS ns.other.test.\n_client-key IN TXT \""+record.text+"\"\n")
	parent := startZone(r.t, "test", "@ IN SOA ns root 1 3600 600 86400 3600\n@ IN NS ns\nns IN A 192.0.2.1\nacme IN NS ns.acme\nns.acme IN A 192.0.2.53\n")
	r.names.resolver = startForwarder(r.t, map[string]string{"acme.test": r.names.authority, "test": parent})
	r.flags = slices.Concat(r.flags, []string{"--connect-to", "ns.test:53:" + parent, "--connect-to", "ns.other.test:53:" + other})
	r.flags[slices.Index(r.flags, "--resolver")+1] = r.names.resolver
	r.healthy()

	const line = "another zone is live: the key record is at ns.other.test, and acme.test is delegated to ns.acme.test"
	r.sub("another zone is live", func() {
		defer func(flags []string) { r.flags = flags }(r.flags)
		r.serve()
		d := r.fault("record_missing", "nothing there: no key record at _client-key.acme.test")
		if !strings.Contains(d.Mend, "the name servers of acme.test are ns.acme.test: if you added it elsewhere,\nanother zone is live; --name-server HOST looks there, too") {
			r.t.Errorf("mend: %s", d.Mend)
		}
		for server, name := range map[string]string{"ns.other.test": "ns.other.test", other: "127.0.0.1"} {
			r.serve()
			r.flags = append(r.flags, "--name-server", server)
			r.apply(r.fault("zone_elsewhere", strings.Replace(line, "ns.other.test", name, 1)).Mend)
			r.healthy()
			r.flags = r.flags[:len(r.flags)-2]
		}
	})
	r.sub("a name server that does not serve the zone", func() {
		out := r.doctor(0, "--name-server", "ns.test")
		if !strings.Contains(out, "  another name server  ns.test ("+parent+") does not serve acme.test\n") {
			r.t.Errorf("doctor:\n%s", out)
		}
		closed := freePort(r.t)
		if out := r.doctor(3, "--name-server", closed); !strings.Contains(out, "acme.test: could not look: ") {
			r.t.Errorf("doctor:\n%s", out)
		}
		r.run(2, "doctor", "acme.test", "--name-server", "ns.test:dns")
	})
	r.sub("the zone was moved and the delegation was not", func() {
		defer func() { r.names.moved = ""; r.serve(record) }()
		r.names.moved = "ns.other.test."
		r.serve()
		r.apply(r.fault("zone_elsewhere", line).Mend)
		r.healthy()
		r.serve(txt{record.name, strangerRecord}, record)
		if d := r.fault("servers_disagree", "the zone's name servers disagree about _client-key.acme.test"); !strings.Contains(d.Mend, "  ns.other.test ("+other+"): key "+kid) {
			r.t.Errorf("mend: %s", d.Mend)
		}
		r.serve(record)
		closed := slices.Clone(r.flags)
		closed[slices.Index(closed, "ns.other.test:53:"+other)] = "ns.other.test:53:" + freePort(r.t)
		if out := r.run(0, slices.Concat([]string{"doctor", "acme.test"}, closed)...); !strings.Contains(out, "  another name server  ns.other.test (") || !strings.Contains(out, ") does not answer\n") {
			r.t.Errorf("doctor:\n%s", out)
		}
	})
	r.sub("delegated to servers that do not serve it", func() {
		defer func(flags []string) { r.flags = flags }(r.flags)
		r.flags = slices.Concat(r.flags, []string{"--name-server", "ns.other.test", "--connect-to", "ns.acme.test:53:" + parent})
		for i, flag := range r.flags {
			if flag == "ns.acme.test:53:"+r.names.authority {
				r.flags[i] = "ns.acme.test:53:" + parent
			}
		}
		r.flags[slices.Index(r.flags, "--resolver")+1] = startForwarder(r.t, map[string]string{"test": parent})
		d := r.fault("zone_not_served", "the name servers that acme.test is delegated to do not serve it")
		if d.Mend != "at the registrar, name ns.other.test, which has the key record, in place of ns.acme.test,\nor have acme.test served there" {
			r.t.Errorf("mend: %s", d.Mend)
		}
		corrected := startZone(r.t, "test", "@ IN SOA ns root 2 3600 600 86400 3600\n@ IN NS ns\nns IN A 192.0.2.1\nacme IN NS ns.other\nns.other IN A 192.0.2.54\n")
		r.flags[slices.Index(r.flags, "ns.test:53:"+parent)] = "ns.test:53:" + corrected
		r.flags[slices.Index(r.flags, "--resolver")+1] = startForwarder(r.t, map[string]string{"acme.test": other, "test": corrected})
		r.healthy()
	})
}

// startZone starts a name server with one zone, and returns its address.
func startZone(t *testing.T, zone, records string) string {
	t.Helper()
	file, address := filepath.Join(t.TempDir(), "zone"), freePort(t)
	writeText(t, file, "$TTL 0\n"+records)
	startNamed(t, program(t, "named"), t.TempDir(), address, "recursion no; dnssec-validation no;", fmt.Sprintf("zone %q { type primary; file %q; };", zone, file))
	eventually(t, func() error { return answers(t, address, zone) })
	return address
}

// startForwarder starts a resolver that asks the server of each zone, and
// returns its address.
func startForwarder(t *testing.T, servers map[string]string) string {
	t.Helper()
	address, zones := freePort(t), ""
	for zone, server := range servers {
		_, port, _ := net.SplitHostPort(server)
		zones += fmt.Sprintf("zone %q { type forward; forward only; forwarders { 127.0.0.1 port %s; }; };\n", zone, port)
	}
	startNamed(t, program(t, "named"), t.TempDir(), address, "recursion yes; dnssec-validation no; empty-zones-enable no;", zones)
	for zone := range servers {
		eventually(t, func() error { return answers(t, address, zone) })
	}
	return address
}

// answers returns an error unless a server knows the zone: lookupTXT reports that
// a name without TXT records is not found.
func answers(t *testing.T, server, zone string) error {
	_, err := lookupTXT(t, server, zone)
	var failed *net.DNSError
	if errors.As(err, &failed) && failed.IsNotFound {
		return nil
	}
	return err
}
