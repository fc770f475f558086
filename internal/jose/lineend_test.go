package jose

import "testing"

// A line end is no letter of base64url, wherever it stands.
func TestLineEndsInBase64(t *testing.T) {
	for _, text := range []string{"\nAA", "\rAA", "A\nA", "A\rA", "AA\n", "AA\r"} {
		if _, ok := appendBase64(nil, text); ok {
			t.Errorf("%q is read", text)
		}
	}
}
