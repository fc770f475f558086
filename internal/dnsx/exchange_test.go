package dnsx

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

// spoofing runs a server that sends what forge makes of each question, in
// order, over UDP, and answers over TCP with tcp.
func spoofing(t *testing.T, forge func(q *dns.Msg) [][]byte, tcp injector) string {
	t.Helper()
	packets, listener := listenBoth(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			q := new(dns.Msg)
			if q.Unpack(buf[:n]) != nil {
				continue
			}
			for _, b := range forge(q) {
				_, _ = packets.WriteTo(b, from)
			}
		}
	}()
	s := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		if m := tcp(q, "tcp"); m != nil {
			_ = w.WriteMsg(m)
		}
	})}
	served := make(chan struct{})
	started := make(chan struct{})
	s.NotifyStartedFunc = func() { close(started) }
	go func() { defer close(served); _ = s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { packets.Close(); <-done; _ = s.Shutdown(); <-served })
	return packets.LocalAddr().String()
}

func pack(t *testing.T, m *dns.Msg) []byte {
	t.Helper()
	m.Compress = true
	b, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return b
}

func TestSpoofedAnswers(t *testing.T) {
	lie := []string{txt(owner, "v=ck1; kid=evil"), txt("_client-key.evil.test", "v=ck1; kid=evil")}
	for name, forge := range map[string]func(m *dns.Msg){
		"D13 another id":          func(m *dns.Msg) { m.Id++ },
		"D13 not a response":      func(m *dns.Msg) { m.Response = false },
		"D13 another opcode":      func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify },
		"D13 another name":        func(m *dns.Msg) { m.Question[0].Name = "_client-key.evil.test." },
		"D13 another type":        func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeA },
		"D13 another class":       func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS },
		"D13 no question":         func(m *dns.Msg) { m.Question = nil },
		"D13 two questions":       func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) },
		"D17 two OPT records":     func(m *dns.Msg) { m.SetEdns0(1232, true).SetEdns0(1232, true) },
		"D13 refused, with lies":  func(m *dns.Msg) { m.Question, m.Rcode = nil, dns.RcodeRefused },
		"D13 NXDOMAIN, unasked":   func(m *dns.Msg) { m.Question, m.Answer, m.Rcode = nil, nil, dns.RcodeNameError },
		"D13 truncated, other id": func(m *dns.Msg) { m.Truncated = true; m.Id++ },
	} {
		t.Run(name, func(t *testing.T) {
			honest := serving(t, keyRecord())
			address := spoofing(t, func(q *dns.Msg) [][]byte {
				if asked(q) != owner+"." {
					return [][]byte{pack(t, honest(q, "udp"))}
				}
				m := respond(t, q, lie)
				forge(m)
				return [][]byte{pack(t, m), []byte("x"), pack(t, honest(q, "udp"))}
			}, func(q *dns.Msg, _ string) *dns.Msg { t.Error("asked over TCP"); return nil })
			got, err := lookup(t, newResolver(t, Upstream{Address: address}))
			if err != nil || !slices.Equal(got.Texts, []string{record}) || got.Server != address+" (udp)" {
				t.Errorf("%+v, %v, want the honest answer", got, err)
			}
		})
	}
	t.Run("D13 many guesses", func(t *testing.T) {
		address := spoofing(t, func(q *dns.Msg) [][]byte {
			var out [][]byte
			for i := range uint16(limits.DNSWrongAnswers) {
				m := respond(t, q, lie)
				m.Id += i + 1
				out = append(out, pack(t, m))
			}
			return append(out, pack(t, respond(t, q, lie))) // the guess that is right comes too late
		}, serving(t, keyRecord()))
		got, err := lookup(t, newResolver(t, Upstream{Address: address}))
		if err != nil || !slices.Equal(got.Texts, []string{record}) || got.Server != address+" (tcp)" {
			t.Errorf("%+v, %v, want the answer over TCP", got, err)
		}
	})
	t.Run("D13 another server's port", func(t *testing.T) {
		other, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		// The forged answer has everything right but where it comes from.
		var asker net.Addr
		packets, listener := listenBoth(t)
		listener.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			buf := make([]byte, 65535)
			for {
				n, from, err := packets.ReadFrom(buf)
				if err != nil {
					return
				}
				asker = from
				q := new(dns.Msg)
				if q.Unpack(buf[:n]) == nil {
					_, _ = other.WriteTo(pack(t, respond(t, q, lie)), asker)
				}
			}
		}()
		defer func() { packets.Close(); <-done }()
		r := newResolverWithin(t, 300*time.Millisecond, Upstream{Address: packets.LocalAddr().String()})
		if got, err := lookup(t, r); err == nil {
			t.Errorf("%+v, want no answer", got)
		}
	})
}

func TestQuestion(t *testing.T) {
	ids, ports := make(map[uint16]bool), make(map[string]bool)
	packets, listener := listenBoth(t)
	defer listener.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			q := new(dns.Msg)
			if err := q.Unpack(buf[:n]); err != nil {
				t.Error(err)
				continue
			}
			ids[q.Id], ports[from.String()] = true, true
			opt := q.IsEdns0()
			if opt == nil || opt.UDPSize() != 1232 || !opt.Do() || opt.Version() != 0 || !q.RecursionDesired || q.CheckingDisabled {
				t.Errorf("asked %v", q)
			}
			_, _ = packets.WriteTo(pack(t, respond(t, q, nil)), from)
		}
	}()
	r := newResolver(t, Upstream{Address: packets.LocalAddr().String()})
	const lookups = 20
	for range lookups {
		if _, err := lookup(t, r); !errors.Is(err, verify.ErrNoRecord) {
			t.Fatal(err)
		}
	}
	packets.Close()
	<-done
	t.Run("D14 ids and ports", func(t *testing.T) {
		if len(ids) < lookups-2 || len(ports) < lookups/2 {
			t.Errorf("%d ids and %d ports in %d questions", len(ids), len(ports), lookups)
		}
	})
}

// What was asked once and got no answer is not asked with the same id again.
func TestIDOfEachAttempt(t *testing.T) {
	var mu sync.Mutex
	ids := map[uint16]bool{}
	f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
		mu.Lock()
		defer mu.Unlock()
		ids[q.Id] = true
		return nil
	})
	for range 3 {
		_, _ = lookup(t, newResolverWithin(t, 100*time.Millisecond, Upstream{Address: f.address}))
	}
	mu.Lock()
	defer mu.Unlock()
	if n := len(f.questions()); n < 4 || len(ids) < n-1 {
		t.Errorf("D14 %d ids in %d questions", len(ids), n)
	}
}

func TestTruncation(t *testing.T) {
	half := func(q *dns.Msg) *dns.Msg {
		m := respond(t, q, []string{txt(owner, "v=ck1; kid=part")})
		m.Truncated = true
		return m
	}
	for name, tcp := range map[string]injector{
		"D16 truncated over TCP too": func(q *dns.Msg, _ string) *dns.Msg { return half(q) },
		"D16 silent over TCP":        func(*dns.Msg, string) *dns.Msg { return nil },
		"D16 another id over TCP": func(q *dns.Msg, _ string) *dns.Msg {
			m := respond(t, q, keyRecord())
			m.Id++
			return m
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(q *dns.Msg, network string) *dns.Msg {
				if network == "tcp" {
					return tcp(q, network)
				}
				return half(q)
			})
			r := newResolverWithin(t, 400*time.Millisecond, Upstream{Address: f.address})
			if got, err := lookup(t, r); err == nil || errors.Is(err, verify.ErrNoRecord) || got.Texts != nil {
				t.Errorf("%+v, %v, want unavailable", got, err)
			}
		})
	}
	t.Run("D16 complete over TCP", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, network string) *dns.Msg {
			if network == "tcp" {
				return respond(t, q, keyRecord())
			}
			return half(q)
		})
		got, err := lookup(t, newResolver(t, Upstream{Address: f.address}))
		if err != nil || !slices.Equal(got.Texts, []string{record}) || got.Server != f.address+" (tcp)" {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("D16 cut inside a record", func(t *testing.T) {
		address := spoofing(t, func(q *dns.Msg) [][]byte {
			m := respond(t, q, keyRecord())
			m.Truncated = true
			b := pack(t, m)
			return [][]byte{b[:len(b)-10]}
		}, serving(t, keyRecord()))
		got, err := lookup(t, newResolver(t, Upstream{Address: address}))
		if err != nil || !slices.Equal(got.Texts, []string{record}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestTCPFaults(t *testing.T) {
	frame := func(n int, b []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(n)), b...) }
	for name, write := range map[string]func(c net.Conn, answer []byte){
		"D16 length 0":           func(c net.Conn, _ []byte) { _, _ = c.Write(frame(0, nil)) },
		"D16 length 65535":       func(c net.Conn, b []byte) { _, _ = c.Write(frame(65535, b)) },
		"D16 length short":       func(c net.Conn, b []byte) { _, _ = c.Write(frame(len(b)-5, b)) },
		"D16 half a length":      func(c net.Conn, _ []byte) { _, _ = c.Write([]byte{0}) },
		"D16 reset in an answer": func(c net.Conn, b []byte) { _, _ = c.Write(frame(len(b), b[:20])); _ = c.(*net.TCPConn).SetLinger(0) },
		"D16 slow drip": func(c net.Conn, b []byte) {
			for _, one := range frame(len(b), b) {
				if _, err := c.Write([]byte{one}); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			packets, listener := listenBoth(t)
			packets.Close() // so that UDP is refused at once
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					buf := make([]byte, 65535)
					if n, err := c.Read(buf); err == nil && n > 2 {
						q := new(dns.Msg)
						if q.Unpack(buf[2:n]) == nil {
							write(c, pack(t, respond(t, q, keyRecord())))
						}
					}
					c.Close()
				}
			}()
			t.Cleanup(func() { listener.Close(); <-done })
			start := time.Now()
			r := newResolverWithin(t, 400*time.Millisecond, Upstream{Address: listener.Addr().String()})
			if got, err := lookup(t, r); err == nil || errors.Is(err, verify.ErrNoRecord) {
				t.Errorf("%+v, %v, want unavailable", got, err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestMalformedWire(t *testing.T) {
	q := question(owner, dns.TypeTXT)
	good := pack(t, respond(t, q, keyRecord()))
	if _, err := unpack(good, q); err != nil {
		t.Fatal(err)
	}
	// The answer's name is a pointer to the question's, behind the header.
	header := 12
	questionEnd := header + len(owner) + 2 + 4
	patch := func(at int, b ...byte) []byte {
		out := slices.Clone(good)
		copy(out[at:], b)
		return out
	}
	for name, b := range map[string][]byte{
		"D17 pointer loop":      patch(questionEnd, 0xc0, byte(questionEnd)),
		"D17 pointer forward":   patch(questionEnd, 0xff, 0xff),
		"D17 label of 64":       patch(questionEnd, 64),
		"D17 RDLENGTH too long": patch(questionEnd+2+8, 0xff, 0xff),
		"D17 string overrun":    patch(questionEnd+2+10, 0xff),
		"D17 cut":               good[:len(good)-1],
		"D17 header only":       good[:header],
		"D17 nothing":           {},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "D17 pointer") && good[questionEnd] != 0xc0 {
				t.Fatal("the answer is not compressed")
			}
			if m, err := unpack(b, q); err == nil {
				t.Errorf("accepted %v", m)
			}
		})
	}
}
