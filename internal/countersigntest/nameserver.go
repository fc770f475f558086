package countersigntest

import (
	"errors"
	"net"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
)

// A nameServer answers over UDP and TCP on one port.
type nameServer struct {
	address string
	servers []*dns.Server
	running errgroup.Group
}

func serveDNS(names *records) (*nameServer, error) {
	packets, listener, err := listenBoth()
	if err != nil {
		return nil, err
	}
	s := &nameServer{address: packets.LocalAddr().String()}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := names.answer(q)
		if w.RemoteAddr().Network() == "udp" {
			m.Truncate(udpSize(q))
		}
		_ = w.WriteMsg(m) // who asked is gone
	})
	s.servers = []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: listener, Handler: handler}}
	for _, server := range s.servers {
		started, failed := make(chan struct{}), make(chan error, 1)
		server.NotifyStartedFunc = func() { close(started) }
		s.running.Go(func() error {
			err := server.ActivateAndServe()
			failed <- err
			return err
		})
		select {
		case <-started:
		case err := <-failed:
			return nil, errors.Join(err, packets.Close(), listener.Close())
		}
	}
	return s, nil
}

// listenBoth returns sockets for UDP and TCP with one port, which the kernel
// chooses.
func listenBoth() (net.PacketConn, net.Listener, error) {
	var failed error
	for range 20 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener, nil
		}
		failed = err
		_ = packets.Close()
	}
	return nil, nil, failed
}

func (s *nameServer) close() error {
	var failed error
	for _, server := range s.servers {
		failed = errors.Join(failed, server.Shutdown())
	}
	return errors.Join(failed, s.running.Wait())
}

// udpSize is how large an answer over UDP may be (RFC 6891, Section 6.2.3).
func udpSize(q *dns.Msg) int {
	if opt := q.IsEdns0(); opt != nil {
		return max(int(opt.UDPSize()), dns.MinMsgSize)
	}
	return dns.MinMsgSize
}

// answer answers a question with authority (RFC 1034, Section 4.3.2). It does
// not recurse: where an alias leads it knows already.
func (r *records) answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	if opt := q.IsEdns0(); opt != nil {
		m.SetEdns0(opt.UDPSize(), opt.Do())
	}
	question := q.Question[0]
	if question.Qclass != dns.ClassINET {
		m.Rcode = dns.RcodeRefused
		return m
	}
	m.Authoritative = true
	r.mu.RLock()
	defer r.mu.RUnlock()
	name := dns.CanonicalName(question.Name)
	for range 8 {
		found, alias := r.find(name, question.Qtype)
		m.Answer = append(m.Answer, found...)
		if alias == "" {
			if len(found) == 0 {
				r.deny(m, name)
			}
			return m
		}
		name = alias
	}
	return m
}

// find returns the records of a type, or the alias in their place and where it
// leads.
func (r *records) find(name string, qtype uint16) (found []dns.RR, alias string) {
	for _, rr := range r.sets[name] {
		if rr.Header().Rrtype == qtype || qtype == dns.TypeANY {
			found = append(found, rr)
		}
	}
	if len(found) > 0 {
		return found, ""
	}
	for _, rr := range r.sets[name] {
		if c, ok := rr.(*dns.CNAME); ok {
			return []dns.RR{rr}, dns.CanonicalName(c.Target)
		}
	}
	return nil, ""
}

// deny says that there is nothing: NXDOMAIN where the name does not exist, no
// data where it or a name below it does (RFC 2308, Section 2; RFC 8020).
func (r *records) deny(m *dns.Msg, name string) {
	exists := false
	for owner := range r.sets {
		exists = exists || dns.IsSubDomain(name, owner)
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	for apex := name; ; apex = parent(apex) {
		for _, rr := range r.sets[apex] {
			if rr.Header().Rrtype == dns.TypeSOA {
				m.Ns = append(m.Ns, rr)
				return
			}
		}
		if apex == "." {
			return
		}
	}
}

// parent returns the name above, and the root above a single label.
func parent(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}
