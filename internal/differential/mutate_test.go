package differential

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// pick draws one of several values.
func pick[T any](r *rand.Rand, values []T) T { return values[r.IntN(len(values))] }

// morsels are the bytes on which readers have disagreed: white space, other
// alphabets, ends of strings, escapes, byte order marks, text that is no UTF-8.
var morsels = []string{" ", "\t", "\r", "\n", "\x00", "\x7f", "\xff", "\xc0\xaf", "\ufeff", "\u00a0", "\u202e", "\u2028", "=", "+", "/", "_", "-",
	".", ",", ":", ";", "\\", `\u0000`, `\ud800`, `\u0061`, `"`, "{", "}", "[", "]", "0", "1", "A", "a", "Z", "é", "Ａ", "{}", "null"}

// mutateBytes changes text in one place, whatever stands there.
func mutateBytes(r *rand.Rand, text string, morsels []string) string {
	if text == "" {
		return pick(r, morsels)
	}
	i := r.IntN(len(text))
	j := min(len(text), i+1+r.IntN(8))
	switch r.IntN(8) {
	case 0:
		return text[:i] + text[i+1:]
	case 1:
		return text[:i] + pick(r, morsels) + text[i+1:]
	case 2:
		return text[:i] + string(text[i]^1<<r.IntN(8)) + text[i+1:]
	case 3:
		return text[:j] + text[i:j] + text[j:]
	case 4:
		return text[:i] + text[j:]
	case 5: // a letter in the other case
		return text[:i] + swapCase(text[i:j]) + text[j:]
	case 6:
		return pick(r, []string{pick(r, morsels) + text, text + pick(r, morsels)})
	default:
		return text[:i] + pick(r, morsels) + text[i:]
	}
}

func swapCase(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z':
			return c - 32
		case 'A' <= c && c <= 'Z':
			return c + 32
		}
		return c
	}, s)
}

// scalars are values of every JSON type, the edges of each among them.
var scalars = []string{"null", "true", "false", "0", "-0", "-1", "1.5", "1e3", "1E400", "9007199254740993", "18446744073709551616",
	`""`, `"x"`, `" "`, `"\u0000"`, `"\ud800"`, `"\ud83d\ude00"`, `"\u202eevil"`, `"none"`, `"sig"`, `"enc"`, `["verify"]`, `["sign"]`, "[]", "{}", `[""]`, `{"a":1,"a":2}`,
	strings.Repeat("[", 14) + strings.Repeat("]", 14), strings.Repeat("[", 20) + strings.Repeat("]", 20)}

// mutateTree changes one place of a JSON value; extra are names and values that
// mean something where the value stands.
func mutateTree(r *rand.Rand, root *node, extra []string) {
	all := root.within()
	n := pick(r, all)
	if r.IntN(2) == 0 { // most of what is read is at the top
		n = root
	}
	if n.scalar != "" {
		n.scalar = mutateScalar(r, n.scalar)
		return
	}
	if len(n.items) == 0 || !n.object {
		mutateArray(r, n)
		return
	}
	i := r.IntN(len(n.items))
	switch r.IntN(9) {
	case 0:
		n.names, n.items = slices.Delete(n.names, i, i+1), slices.Delete(n.items, i, i+1)
	case 1: // a name twice, with the same value or another
		value := n.items[i]
		if r.IntN(2) == 0 {
			value = &node{scalar: pick(r, scalars)}
		}
		at := r.IntN(len(n.items) + 1)
		n.names, n.items = slices.Insert(n.names, at, respell(r, n.names[i])), slices.Insert(n.items, at, value)
	case 2:
		n.names[i] = respell(r, n.names[i])
	case 3:
		n.names[i] = quoted(mutateBytes(r, n.names[i][1:len(n.names[i])-1], []string{"a", "A", "_", "\x00", "ſ", "K", " "}))
	case 4:
		n.items[i] = &node{scalar: pick(r, scalars)}
	case 5:
		n.items[i] = &node{items: []*node{n.items[i]}}
	case 6:
		j := r.IntN(len(n.items))
		n.items[i], n.items[j] = n.items[j], n.items[i]
	case 7:
		name, value, _ := strings.Cut(pick(r, extra), "=")
		n.set(name, value)
	default:
		if n.items[i].scalar != "" {
			n.items[i] = &node{scalar: mutateScalar(r, n.items[i].scalar)}
		} else {
			n.items[i] = &node{scalar: pick(r, scalars)}
		}
	}
}

func mutateArray(r *rand.Rand, n *node) {
	switch i := r.IntN(len(n.items) + 1); {
	case i == len(n.items) || r.IntN(3) == 0:
		item := &node{scalar: pick(r, scalars)}
		if n.object {
			n.names = append(n.names, `"x"`)
		}
		n.items = append(n.items, item)
	case r.IntN(2) == 0:
		n.items = append(n.items, n.items[i].clone())
	default:
		n.items = slices.Delete(n.items, i, i+1)
	}
}

// respell writes a quoted name with one letter escaped, or as it is.
func respell(r *rand.Rand, name string) string {
	if len(name) < 3 || r.IntN(2) == 0 {
		return name
	}
	i := 1 + r.IntN(len(name)-2)
	if c := name[i]; c < 'a' || c > 'z' || name[i-1] == '\\' {
		return name
	}
	return name[:i] + `\u00` + strconv.FormatInt(int64(name[i]), 16) + name[i+1:]
}

// mutateScalar changes a scalar within its type, mostly.
func mutateScalar(r *rand.Rand, s string) string {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch r.IntN(4) {
		case 0:
			return s + pick(r, []string{".0", "e0", ".5", "E+0", "000", "e3"})
		case 1:
			return quoted(s)
		default:
			const day, year = 86400, 366 * 86400
			steps := []int64{1, 59, 60, 61, day, 14 * day, 15 * day, 90 * day, year, 4 * year, 20 * year}
			return strconv.FormatInt(n+pick(r, steps)*int64(1-2*r.IntN(2)), 10)
		}
	}
	if len(s) < 3 || s[0] != '"' {
		return pick(r, scalars)
	}
	if r.IntN(6) == 0 {
		return respell(r, s)
	}
	return `"` + mutateBytes(r, s[1:len(s)-1], morsels) + `"`
}
