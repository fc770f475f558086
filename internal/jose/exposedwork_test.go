package jose_test

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/jose"
)

// K11: a document of public keys costs no look at their numbers.
func TestExposedLooksAtNoPublicKey(t *testing.T) {
	const keys, each = 64, 24
	modulus := new(big.Int).Lsh(big.NewInt(1), 4095)
	var list []string
	for i := range keys {
		n := base64.RawURLEncoding.EncodeToString(new(big.Int).Add(modulus, big.NewInt(int64(2*i+1))).Bytes())
		list = append(list, fmt.Sprintf(`{"kty":"RSA","kid":"%d","e":"AQAB","n":"%s"}`, i, n))
	}
	document := []byte(`{"keys":[` + strings.Join(list, ",") + `]}`)
	if n := testing.AllocsPerRun(5, func() {
		if found := jose.Exposed(document); found != nil {
			t.Errorf("exposed: %v", found)
		}
	}); n > keys*each {
		t.Errorf("%.0f allocations for each of %d public keys, at most %d expected", n/keys, keys, each)
	}
}
