package jose

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"slices"
	"testing"
)

// rsaModulus is the JWK of an RSA key with this modulus.
func rsaModulus(n *big.Int) json.RawMessage {
	return json.RawMessage(`{"kty":"RSA","kid":"2026a","e":"AQAB","n":"` + encode(n.Bytes()) + `"}`)
}

// primeFrom returns the first prime at or after n.
func primeFrom(n *big.Int) *big.Int {
	p := new(big.Int).SetBit(n, 0, 1)
	for !p.ProbablyPrime(1) {
		p.Add(p, big.NewInt(2))
	}
	return p
}

func randomBits(t *testing.T, bits uint) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), bits-2))
	if err != nil {
		t.Fatal(err)
	}
	return n.SetBit(n.SetBit(n, int(bits)-1, 1), int(bits)-2, 1)
}

func TestWeakModulus(t *testing.T) {
	first := primeFrom(randomBits(t, 1024))
	beside := func(distance uint) *big.Int {
		return primeFrom(new(big.Int).Add(first, new(big.Int).Lsh(big.NewInt(1), distance)))
	}
	t.Run("K13 the next prime", func(t *testing.T) {
		_, err := ParseJWK(rsaModulus(new(big.Int).Mul(first, beside(1))))
		wantReason(t, err, unusableReason)
	})
	t.Run("K13 primes that differ in their lower half", func(t *testing.T) {
		_, err := ParseJWK(rsaModulus(new(big.Int).Mul(first, beside(514))))
		wantReason(t, err, unusableReason)
	})
	t.Run("primes that differ in their upper half", func(t *testing.T) {
		_, err := ParseJWK(rsaModulus(new(big.Int).Mul(first, beside(1000))))
		wantReason(t, err, "")
	})
	t.Run("K13 a square", func(t *testing.T) {
		_, err := ParseJWK(rsaModulus(new(big.Int).Mul(first, first)))
		wantReason(t, err, unusableReason)
	})

	t.Run("K13 primes that differ by any small number", func(t *testing.T) {
		for half := range int64(64) {
			middle, distance := randomBits(t, 1024), big.NewInt(half)
			n := new(big.Int).Mul(new(big.Int).Sub(middle, distance), new(big.Int).Add(middle, distance))
			if !closePrimes(n) {
				t.Errorf("factors %d apart are not seen", 2*half)
			}
		}
	})

	// The chip's primes are k·M + 65537^a mod M, where M is the product of the
	// first 126 primes for keys of 2,048 bits.
	product := big.NewInt(1)
	for p := int64(2); p <= 701; p++ {
		if prime := big.NewInt(p); prime.ProbablyPrime(0) {
			product.Mul(product, prime)
		}
	}
	chipPrime := func() *big.Int {
		for {
			k := new(big.Int).Div(randomBits(t, 1024), product)
			a := randomBits(t, 64)
			p := k.Mul(k, product).Add(k, a.Exp(big.NewInt(65537), a, product))
			if p.ProbablyPrime(1) {
				return p
			}
		}
	}
	t.Run("K13 a key of the chip of CVE-2017-15361", func(t *testing.T) {
		_, err := ParseJWK(rsaModulus(new(big.Int).Mul(chipPrime(), chipPrime())))
		wantReason(t, err, unusableReason)
	})
	t.Run("one prime of the chip alone has no mark", func(t *testing.T) {
		_, err := ParseJWK(rsaModulus(new(big.Int).Mul(chipPrime(), first)))
		wantReason(t, err, "")
	})
}

// Of the keys of CVE-2017-15361 each modulus is a power of 65537 modulo every
// prime up to 167, the last in the product of their smallest.
func TestChipMark(t *testing.T) {
	powers := map[int64][]bool{}
	for p := range int64(168) {
		if big.NewInt(p).ProbablyPrime(0) {
			powers[p] = make([]bool, p)
			for r := 1 % p; !powers[p][r]; r = r * 65537 % p {
				powers[p][r] = true
			}
		}
	}
	// modulus has the mark modulo each prime but one, and nothing else against it.
	modulus := func(but int64) *big.Int {
		for {
			n, product := new(big.Int), big.NewInt(1)
			for p, isPower := range powers {
				prime := big.NewInt(p)
				var residues []int64 // the Chinese remainder theorem lets us choose
				for r := int64(1); r < p; r++ {
					if isPower[r] == (p != but) {
						residues = append(residues, r)
					}
				}
				want := big.NewInt(residues[mathrand.IntN(len(residues))])
				step := want.Mul(want.Sub(want, n), new(big.Int).ModInverse(product, prime))
				n.Add(n, step.Mul(step.Mod(step, prime), product))
				product.Mul(product, prime)
			}
			times := new(big.Int).Div(randomBits(t, 2048), product)
			n.Add(n, times.Mul(times, product))
			if new(big.Int).GCD(nil, nil, n, smallPrimes()).Cmp(big.NewInt(1)) == 0 {
				return n
			}
		}
	}
	t.Run("K13 modulo every prime", func(t *testing.T) {
		for range 20 {
			_, err := ParseJWK(rsaModulus(modulus(0)))
			wantFault(t, err, "n", "of a chip")
		}
	})
	for p, isPower := range powers {
		if !slices.Contains(isPower[1:], false) {
			continue // every residue is a power
		}
		t.Run(fmt.Sprintf("not modulo %d", p), func(t *testing.T) {
			for range 3 {
				_, err := ParseJWK(rsaModulus(modulus(p)))
				wantReason(t, err, "")
			}
		})
	}
}

func BenchmarkParseRSA(b *testing.B) {
	jwk := signerOf(b, "2026a", rsaPrivate(b)).Key.JWK()
	for b.Loop() {
		if _, err := ParseJWK(jwk); err != nil {
			b.Fatal(err)
		}
	}
}
