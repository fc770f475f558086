package fetch

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

// A nameServer answers every question over UDP in one way, and counts them.
type nameServer struct {
	address string
	asked   atomic.Int32
}

func newNameServer(t *testing.T, flags uint16, addrs ...string) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{address: conn.LocalAddr().String()}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			s.asked.Add(1)
			if flags != 0 {
				_, _ = conn.WriteTo(answerTo(buf[:n], flags, addrs), from)
			}
		}
	}()
	return s
}

// answerTo answers a question with those of the addresses that it asks for
// (RFC 1035, Section 4.1).
func answerTo(q []byte, flags uint16, addrs []string) []byte {
	const header = 12
	end := header + slices.Index(q[header:], 0) + 5
	m := slices.Clone(q[:end])
	binary.BigEndian.PutUint16(m[2:], flags)
	copy(m[6:header], make([]byte, 6))
	family := binary.BigEndian.Uint16(q[end-4:])
	for _, text := range addrs {
		addr := netip.MustParseAddr(text)
		if addr.Is4() != (family == 1) {
			continue
		}
		m[7]++
		m = append(m, 0xc0, header, byte(family>>8), byte(family), 0, 1, 0, 0, 0, 60, 0, byte(addr.BitLen()/8))
		m = append(m, addr.AsSlice()...)
	}
	return m
}

// One look-up of addresses asks once for each family, whatever it is told: a
// stranger's name server that fails has nobody asked again.
func TestAddressQuestions(t *testing.T) {
	const fine, failed, truncated, silent = 0x8180, 0x8182, 0x8380, 0
	want := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	for name, c := range map[string]struct {
		flags uint16
		dead  int32 // how many of the first questions find nobody
		found bool
	}{
		"D40 both families":           {fine, 0, true},
		"D40 it failed":               {failed, 0, false},
		"D40 it is silent":            {silent, 0, false},
		"D40 the answer is truncated": {truncated, 0, false},
		"nobody was there at first":   {fine, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newNameServer(t, c.flags, "192.0.2.1", "2001:db8::1")
			gone, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			gone.Close()
			var dials atomic.Int32
			var dialer net.Dialer
			dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
				if dials.Add(1) <= c.dead {
					return dialer.DialContext(ctx, network, gone.LocalAddr().String())
				}
				return dialer.DialContext(ctx, network, s.address)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			got, err := lookupAddrsBy(ctx, dial, "pub.countersign.dev")
			slices.SortFunc(got, netip.Addr.Compare)
			if (err == nil) != c.found || c.found && !slices.Equal(got, want) {
				t.Errorf("%v, %v", got, err)
			}
			if n := s.asked.Load(); n != limits.AddressQuestions {
				t.Errorf("%d questions, want %d", n, limits.AddressQuestions)
			}
		})
	}
}
