package httpapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/testvectors"
)

// Every vector of kind api, over a real socket.
func TestVectors(t *testing.T) {
	vectors := testvectors.Load("api")
	if len(vectors) == 0 {
		t.Fatal("there are no api vectors")
	}
	working := start(t, setup{})
	failing := func(err error) *testService {
		return start(t, setup{store: func(s issuer.Store) issuer.Store {
			return faultyStore{Store: s, commit: func() error { return fmt.Errorf("writing: %w", err) }}
		}})
	}
	full, broken := failing(issuer.ErrStorageFull), failing(errors.New("a defect"))
	limited := start(t, setup{rates: httpapi.Rates{Key: gcra.Rate{PerSecond: 1, Burst: 1}}, clock: func() time.Time { return noon }})
	limited.post(good).decision(t)
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			service := working
			switch fault := v.Get("fault"); fault {
			case "":
			case "storage_full":
				service = full
			case "rate_limited":
				service = limited
			case "defect":
				service = broken
			default:
				t.Fatalf("the fault %q is not known here", fault)
			}
			header := http.Header{}
			if kind := v.Get("content_type"); kind != "" {
				header.Set("Content-Type", kind)
			}
			if v.Get("authorization") == "none" {
				header["Authorization"] = nil
			}
			a := service.do(http.MethodPost, "/v1/decisions", strings.NewReader(string(v.Body())), header)
			outcome, reason := v.Expectation()
			status, err := strconv.Atoi(outcome)
			if err != nil {
				t.Fatalf("the vector expects %q, which is no status", v.Expect)
			}
			a.want(t, status, reason)
		})
	}
}
