package dnsx

import (
	"crypto/rand"

	"github.com/miekg/dns"
)

// mixCase returns a copy of q whose name has every letter in a case drawn at
// random: who guesses an answer must guess that too
// (draft-vixie-dnsext-dns0x20-00). It is for UDP, where answers can be forged.
func mixCase(q *dns.Msg) *dns.Msg {
	mixed := q.Copy()
	name := []byte(mixed.Question[0].Name)
	coins := make([]byte, len(name))
	_, _ = rand.Read(coins) // it never fails
	for i, c := range name {
		if lower := c | 0x20; 'a' <= lower && lower <= 'z' {
			name[i] = lower ^ coins[i]&0x20
		}
	}
	mixed.Question[0].Name = string(name)
	return mixed
}

// echoesCase reports whether an answer repeats the very letters of the question.
// One without question, which a server that failed may send, has none to repeat.
func echoesCase(m, q *dns.Msg) bool {
	return len(m.Question) == 0 || m.Question[0].Name == q.Question[0].Name
}
