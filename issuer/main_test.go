package issuer

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// lawChecks is how many worlds each law is held against: enough for the rarest
// label to come up.
const lawChecks = "600"

func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": lawChecks, "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
