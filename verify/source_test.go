package verify_test

import (
	"errors"
	"testing"

	"github.com/fc28f635/countersign/verify"
)

// A fetch that failed names the status that was answered, where one was, and
// what happened.
func TestFetchError(t *testing.T) {
	cause := errors.New("not found")
	for text, e := range map[string]*verify.FetchError{
		"fetching: status 404: not found": {Status: 404, Err: cause},
		"fetching: not found":             {Err: cause},
	} {
		if e.Error() != text || !errors.Is(e, cause) {
			t.Errorf("%q, want %q and its cause", e.Error(), text)
		}
	}
}
