package issuer

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// waiting is a review that is pending since some seconds.
func waiting(id string, seconds int) Review {
	return Review{ID: id, State: ReviewPending, At: vectortest.DrawnNow.Add(time.Duration(seconds) * time.Second)}
}

// of is a review that only a publisher can raise.
func (r Review) of(domain string) Review {
	p, err := metadata.PublisherOf(domain)
	if err != nil {
		panic(err)
	}
	r.Vouched, r.Publisher = true, p
	return r
}

// from is a review that a network raised.
func (r Review) from(network string) Review {
	r.Network = netip.MustParsePrefix(network)
	return r
}

func TestReviewQueue(t *testing.T) {
	acme := waiting("acme", -100).of("acme.example")
	kept := []Review{acme, {ID: "answered", State: ReviewApproved}}
	for i := range limits.ReviewsUnvouched {
		kept = append(kept, waiting(fmt.Sprint(i), i))
	}
	slices.Reverse(kept) // in no order
	q := NewReviewQueue(kept)
	add := func(r Review, want ...string) {
		t.Helper()
		if got := q.Add(r); !slices.Equal(got, want) {
			t.Errorf("%s drops %v, want %v", r.ID, got, want)
		}
	}
	full := limits.ReviewsUnvouched + 1
	if q.Len() != full {
		t.Fatalf("%d are pending, want %d", q.Len(), full)
	}
	add(waiting("0", 0))
	add(waiting("one too many", 1), "0")
	add(waiting("another", 1), "1")
	q.Remove("2", "nothing")
	add(waiting("in the room", 1))
	add(waiting("again one too many", 1), "3")
	if q.Len() != full {
		t.Errorf("%d are pending, want %d", q.Len(), full)
	}

	// One network, however much room there is, and whatever else it has.
	q = NewReviewQueue([]Review{acme})
	for i := range limits.ReviewsOfOne {
		add(waiting(fmt.Sprint(i), i).from("192.0.2.0/24"))
	}
	add(waiting("elsewhere", 1).from("198.51.100.0/24"))
	add(waiting("unknown", 1))
	add(waiting("the same network", 1).from("192.0.2.0/24"), "0")

	// One registrable domain, whose hosts are any number of publishers.
	for i := range limits.ReviewsOfOne - 1 {
		add(waiting(fmt.Sprintf("a%d", i), i).of(fmt.Sprintf("h%d.a.b.c.acme.example", i)))
	}
	add(waiting("other", 1).of("other.example"))
	add(waiting("the same domain", 1).of("x.acme.example"), "acme")
}
