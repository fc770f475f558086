package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// deltaMax is what a larger number of seconds counts as (RFC 9111, Section
// 1.2.2).
const deltaMax = 1 << 31

// freshness returns for how long a response received at now may be reused by a
// private cache (RFC 9111, Section 4.2.1), its Age taken off. It is zero where
// the response does not say, forbids it, or contradicts itself.
func freshness(h http.Header, now time.Time) time.Duration {
	if strings.Contains(strings.Join(h.Values("Vary"), ","), "*") {
		return 0
	}
	lifetime, said := expires(h, now), false
	for _, d := range directives(h.Values("Cache-Control")) {
		name, value, _ := strings.Cut(d, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			seconds, _ := deltaSeconds(strings.Trim(strings.TrimSpace(value), `"`)) // what is no number is none
			if said && seconds != lifetime {
				return 0
			}
			lifetime, said = seconds, true
		}
	}
	if ages := h.Values("Age"); len(ages) > 0 {
		age, ok := deltaSeconds(ages[0])
		if !ok {
			return 0
		}
		lifetime -= age
	}
	return max(lifetime, 0)
}

// expires returns the lifetime that Expires gives against Date, or against now
// where there is no Date: none where that is past, as an invalid date is (RFC
// 9111, Section 5.3).
func expires(h http.Header, now time.Time) time.Duration {
	values := h.Values("Expires")
	if len(values) != 1 {
		return 0
	}
	end, _ := http.ParseTime(values[0]) // an invalid date is the year 1
	start := now
	if date := h.Get("Date"); date != "" {
		var err error
		if start, err = http.ParseTime(date); err != nil {
			return 0
		}
	}
	return min(max(end.Sub(start), 0), deltaMax*time.Second)
}

// directives splits field lines at the commas outside quoted strings.
func directives(lines []string) []string {
	var out []string
	text := strings.Join(lines, ",")
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == '\\' && quoted:
			i++
		case text[i] == ',' && !quoted:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}

// deltaSeconds reads a non-negative number of seconds, and returns 0 for others.
func deltaSeconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, _ := strconv.ParseInt(s, 10, 64) // digits only, so the error is overflow, and n is the largest
	return time.Duration(min(n, deltaMax)) * time.Second, true
}
