package metadata

import "unicode/utf8"

// distance returns how many letters have to be left out, added, exchanged for
// others or transposed with their neighbours to make b of a (optimal string
// alignment), or a number above most where that is more than most. b has at most
// labelRunes letters.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var rows [3][labelRunes + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		least := row[0]
		for j := range b {
			row[j+1] = min(last[j+1], row[j]) + 1
			if a[i] == b[j] {
				row[j+1] = min(row[j+1], last[j])
			} else {
				row[j+1] = min(row[j+1], last[j]+1)
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least > most { // and no later row has less
			return most + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// lettersOf says which letters there are, one bit for each: labels that differ
// in many need no closer look.
func lettersOf(label []rune) (set uint64) {
	for _, c := range label {
		set |= 1 << (c % 64)
	}
	return set
}

func appendRunes(to []rune, text []byte) []rune {
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		to, text = append(to, c), text[size:]
	}
	return to
}
