package dnsx

import (
	"testing"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
)

func TestUnescape(t *testing.T) {
	// What the library makes of every byte is what it was made of.
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	wire := []byte{0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 'x', 0, 0, 16, 0, 1, 0, 0, 0, 9, 1, 2, 255}
	wire = append(wire, all[:255]...)
	wire = append(wire, 2, 255, 'z')
	wire[24], wire[23] = 3, 1 // RDLENGTH 259
	m := new(dns.Msg)
	if err := m.Unpack(wire); err != nil {
		t.Fatal(err)
	}
	got, err := read(m, "x.")
	if err != nil || len(got.texts) != 1 || got.texts[0] != string(all[:])+"z" {
		t.Errorf("got %q, %v", got.texts, err)
	}
}

// FuzzRead: whatever a message holds, it is read as exactly one of records, an
// absence or a further name, or as an error, and within every bound.
func FuzzRead(f *testing.F) {
	name := dns.Fqdn(owner)
	var seeds [][]byte
	for _, records := range [][]string{
		{},
		{name + ` 300 IN TXT "v=ck1; kid=a" "\200\"\\"`, name + ` 300 IN RRSIG TXT 13 2 300 20300101000000 20260101000000 1 acme.test. AAAA`},
		{name + " 1 IN CNAME a.test.", "a.test. 1 IN CNAME b.test.", `b.test. 1 IN TXT "x"`},
		{name + " 1 IN CNAME a.test.", "a.test. 1 IN CNAME " + name},
		{"acme.test. 1 IN DNAME h.test.", name + " 1 IN CNAME _client-key.h.test."},
		{"acme.test. 90 IN SOA ns.acme.test. root.acme.test. 1 2 3 4 60"},
	} {
		m := new(dns.Msg).SetQuestion(name, dns.TypeTXT)
		m.Response = true
		for _, text := range records {
			rr, err := dns.NewRR(text)
			if err != nil {
				f.Fatal(err)
			}
			if rr.Header().Rrtype == dns.TypeSOA {
				m.Ns = append(m.Ns, rr)
			} else {
				m.Answer = append(m.Answer, rr)
			}
		}
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, b := range seeds {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := new(dns.Msg)
		if m.Unpack(b) != nil {
			return
		}
		got, err := read(m, name)
		if err != nil {
			if got.texts != nil || got.absent {
				t.Errorf("%+v beside error %v", got, err)
			}
			return
		}
		further := got.name != dns.CanonicalName(name) && !got.absent && len(got.texts) == 0
		held := 0
		for _, ok := range []bool{len(got.texts) > 0, got.absent, further} {
			if ok {
				held++
			}
		}
		size := 0
		for _, text := range got.texts {
			size += len(text)
		}
		if held != 1 || got.ttl > ttlMax || len(got.links) > limits.CNAMELinks || len(got.texts) > limits.TXTRecords || size > limits.TXTBytes {
			t.Errorf("read as %+v", got)
		}
	})
}
