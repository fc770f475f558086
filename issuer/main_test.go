package issuer

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// lawChecks is how many worlds each law is held against: enough for the rarest
// label to come up, and many more in a long run.
const (
	lawChecks     = "600"
	lawChecksLong = "5000"
)

func TestMain(m *testing.M) {
	settings := map[string]string{"rapid.checks": lawChecks, "rapid.nofailfile": "true"}
	if os.Getenv("COUNTERSIGN_SOAK") != "" {
		settings["rapid.checks"], settings["rapid.seed"] = lawChecksLong, os.Getenv("COUNTERSIGN_SEED")
	}
	for name, value := range settings {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
