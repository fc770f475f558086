package gcra_test

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/gcra"
)

// A clock stands until it is moved.
type clock struct{ nanoseconds atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(1_767_225_600, c.nanoseconds.Load()) }

func (c *clock) add(d time.Duration) { c.nanoseconds.Add(int64(d)) }

func TestTake(t *testing.T) {
	c := &clock{}
	l := gcra.NewLimiter(gcra.Rate{PerSecond: 2, Burst: 3})
	for i := range 3 {
		if wait := l.Take("a", c.now); wait != 0 {
			t.Fatalf("request %d waits %s", i+1, wait)
		}
	}
	if l.Wait("b", c.now) != 0 || l.Take("b", c.now) != 0 {
		t.Error("another caller waits too")
	}
	for range 2 { // what is refused takes nothing
		if wait := l.Take("a", c.now); wait != time.Second/2 || l.Wait("a", c.now) != wait {
			t.Errorf("the fourth waits %s", wait)
		}
	}
	c.add(time.Second / 2)
	if l.Wait("a", c.now) != 0 || l.Take("a", c.now) != 0 || l.Take("a", c.now) == 0 {
		t.Error("after the wait there is not room for one")
	}
	c.add(time.Hour)
	passed := 0
	for range 10 {
		if l.Take("a", c.now) == 0 {
			passed++
		}
	}
	if passed != 3 {
		t.Errorf("after a pause %d pass at once", passed)
	}
}

// What must leave room leaves it for good: also where it asks for every bit of
// room that comes free, the others have the whole rate before it.
func TestTakeLeaving(t *testing.T) {
	c := &clock{}
	l := gcra.NewLimiter(gcra.Rate{PerSecond: 10, Burst: 20})
	flood := func() (passed int) {
		for range 100 {
			if l.TakeLeaving(5, "a", c.now) == 0 {
				passed++
			}
		}
		return passed
	}
	if passed := flood(); passed != 15 {
		t.Fatalf("%d passed, and 5 of 20 are to be left", passed)
	}
	for i := range 5 {
		if wait := l.Take("a", c.now); wait != 0 {
			t.Errorf("the %d. of the others waits %s", i+1, wait)
		}
	}
	for range 100 {
		c.add(time.Second / 10) // room for one
		if passed := flood(); passed != 0 {
			t.Fatalf("%d took what was left", passed)
		}
		if wait := l.Take("a", c.now); wait != 0 {
			t.Fatalf("one of the others waits %s", wait)
		}
	}
}

func TestConcurrently(t *testing.T) {
	c := &clock{}
	l := gcra.NewLimiter(gcra.Rate{PerSecond: 1, Burst: 100})
	var passed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if l.Take("a", c.now) == 0 {
					passed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if n := passed.Load(); n < 100 || n > 200 { // each row admits a hundred
		t.Errorf("%d passed", n)
	}
}

func TestNetworks(t *testing.T) {
	rate := gcra.Rate{PerSecond: 1, Burst: 2}
	passing := func(addrs ...string) (passed int) {
		c, n := &clock{}, gcra.NewNetworks(rate)
		for _, addr := range addrs {
			if n.Take("acme", netip.MustParseAddr(addr), c.now) == 0 {
				passed++
			}
		}
		return passed
	}
	hopping := make([]string, 20)
	for i := range hopping {
		hopping[i] = fmt.Sprintf("2001:db8:1:%x::1", i)
	}
	for name, test := range map[string]struct {
		addrs []string
		want  int
	}{
		"H23 one /24":                  {[]string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, 2},
		"H23 one /24 in IPv6 clothes":  {[]string{"192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3"}, 2},
		"H23 two /24":                  {[]string{"192.0.2.1", "192.0.2.2", "192.0.3.3"}, 3},
		"H15 one /64":                  {[]string{"2001:db8::1", "2001:db8::2", "2001:db8::ffff:1"}, 2},
		"H23 hopping in a /48":         {hopping, 8},
		"H23 an address that is none":  {[]string{"0.0.0.0", "0.0.0.1", "0.0.0.2"}, 2},
		"H23 /48s beside each other":   {[]string{"2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"}, 3},
		"H23 a /64 within its own /48": {[]string{"2001:db8:1:1::1", "2001:db8:1:1::1", "2001:db8:1:1::1", "2001:db8:1:2::1"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			if passed := passing(test.addrs...); passed != test.want {
				t.Errorf("%d passed, want %d", passed, test.want)
			}
		})
	}
	t.Run("H23 for something else", func(t *testing.T) {
		c, n, addr := &clock{}, gcra.NewNetworks(rate), netip.MustParseAddr("192.0.2.1")
		for _, what := range []string{"acme", "acme", "other", "other"} {
			if wait := n.Take(what, addr, c.now); wait != 0 {
				t.Errorf("%s waits %s", what, wait)
			}
		}
	})
}

func TestRateCheck(t *testing.T) {
	for rate, ok := range map[gcra.Rate]bool{{}: false, {PerSecond: 1}: false, {Burst: 1}: false, {PerSecond: 1, Burst: 1}: true} {
		if err := rate.Check(); (err == nil) != ok {
			t.Errorf("%+v: %v", rate, err)
		}
	}
}
