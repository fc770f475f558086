package dnstest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// A Zone is a zone of the authority. The zero Signing is none.
type Zone struct {
	Name    string // "acme.test"
	Records string // beside SOA, NS and the address of ns, in the form of a master file
	Signing Signing
}

// A Signing is how a zone is signed. A validating resolver trusts every zone that
// is, by an anchor of its own.
type Signing int

// The ways to sign a zone, right and wrong.
const (
	Unsigned    Signing = iota
	NSEC                // denials name the next name
	NSEC3               // denials name its hash (RFC 5155), without iterations
	Iterated            // NSEC3 with far more iterations than anybody checks (RFC 9276)
	Expired             // the signatures ended
	Future              // the signatures begin later
	Tampered            // records were changed after they were signed
	Stripped            // the signatures of TXT records were taken out
	ForeignKey          // the anchor is another key than the zone is signed with
	Unsupported         // the anchor is of an algorithm that nobody knows
)

// Tamper is what Tampered changes in a zone: the first text is replaced by the
// second.
var Tamper = [2]string{"kid=2026a", "kid=2026b"}

// write puts the zone into dir and its anchor, if it is signed, into anchors.
func (z Zone) write(t testing.TB, dir string, anchors io.Writer) (file string) {
	t.Helper()
	file = filepath.Join(dir, z.Name)
	write(t, file, "$TTL 300\n@ IN SOA ns root 1 3600 600 86400 60\n@ IN NS ns\nns IN A 192.0.2.53\n"+z.Records)
	if z.Signing == Unsigned {
		return file
	}
	key := z.newKey(t, dir)
	begin, end := "20260101000000", "20370101000000"
	switch z.Signing {
	case Expired:
		end = "20260201000000"
	case Future:
		begin = "20360101000000"
	default:
	}
	args := []string{"-S", "-P", "-z", "-d", dir, "-K", dir, "-o", z.Name, "-s", begin, "-e", end, "-f", file + ".signed", file}
	switch z.Signing {
	case NSEC3:
		args = append([]string{"-3", "-", "-H", "0"}, args...)
	case Iterated:
		args = append([]string{"-3", "ab", "-H", "150"}, args...)
	default:
	}
	run(t, "dnssec-signzone", args...)
	file += ".signed"
	switch z.Signing {
	case Tampered:
		change(t, file, func(text string) string { return strings.ReplaceAll(text, Tamper[0], Tamper[1]) })
	case Stripped:
		change(t, file, withoutSignatures)
	case ForeignKey:
		other := filepath.Join(dir, "other-"+z.Name)
		mkdir(t, other)
		key = z.newKey(t, other)
	default:
	}
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if z.Signing == Unsupported {
		text = bytes.Replace(text, []byte(" 257 3 13 "), []byte(" 257 3 200 "), 1)
	}
	if _, err := fmt.Fprintf(anchors, "%s\n", text); err != nil {
		t.Fatal(err)
	}
	return file
}

// newKey makes a key for the zone in dir, and returns the file of its public part.
func (z Zone) newKey(t testing.TB, dir string) string {
	t.Helper()
	return filepath.Join(dir, run(t, "dnssec-keygen", "-q", "-K", dir, "-a", "ECDSAP256SHA256", "-f", "KSK", z.Name)+".key")
}

// withoutSignatures takes the signatures over TXT records out of a zone.
func withoutSignatures(text string) string {
	var b strings.Builder
	zone := dns.NewZoneParser(strings.NewReader(text), "", "")
	for rr, ok := zone.Next(); ok; rr, ok = zone.Next() {
		if sig, is := rr.(*dns.RRSIG); !is || sig.TypeCovered != dns.TypeTXT {
			b.WriteString(rr.String() + "\n")
		}
	}
	return b.String()
}

func change(t testing.TB, file string, of func(string) string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := of(string(text))
	if changed == string(text) {
		t.Fatalf("nothing was changed in %s", filepath.Base(file))
	}
	write(t, file, changed)
}

// run runs a program to its end and returns what it said on standard output.
func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(Program(t, name), args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}
