package condition

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"golang.org/x/net/idna"
)

var strictIDNA = idna.New(idna.MapForLookup(), idna.ValidateLabels(true), idna.StrictDomainName(true),
	idna.CheckHyphens(true), idna.BidiRule(), idna.VerifyDNSLength(true), idna.Transitional(false))

// A host is a domain in canonical form. It is a type of its own in conditions: no
// comparison of texts applies to it, and so none that cuts a label in two.
type host string

var hostType = cel.OpaqueType("host")

var errHost = errors.New("a host is compared by at, below or within")

// ConvertToNative implements ref.Val.
func (h host) ConvertToNative(reflect.Type) (any, error) { return nil, errHost }

// ConvertToType implements ref.Val.
func (h host) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errHost) }

// Equal implements ref.Val.
func (h host) Equal(other ref.Val) ref.Val { return types.Bool(other == ref.Val(h)) }

// Type implements ref.Val.
func (h host) Type() ref.Type { return hostType }

// Value implements ref.Val.
func (h host) Value() any { return string(h) }

// The functions of hosts. Each takes a host and a domain: at is that domain and
// nothing else, below a name under it and not itself, within both. None is a
// suffix of text.
const (
	functionAt     = "at"
	functionBelow  = "below"
	functionWithin = "within"
)

var hostFunctions = map[string]func(host, domain string) bool{
	functionAt:    func(host, domain string) bool { return host == domain },
	functionBelow: isBelow,
	functionWithin: func(host, domain string) bool {
		return host != "" && (host == domain || isBelow(host, domain))
	},
}

func isBelow(host, domain string) bool {
	rest, ok := strings.CutSuffix(host, domain)
	return ok && domain != "" && len(rest) > 1 && rest[len(rest)-1] == '.'
}

// hostFunction declares one of them.
func hostFunction(name string, holds func(host, domain string) bool) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_host_string", []*cel.Type{hostType, cel.StringType}, cel.BoolType,
		cel.BinaryBinding(func(left, right ref.Val) ref.Val {
			h, isHost := left.(host)
			domain, isText := right.(types.String)
			if !isHost || !isText {
				return types.WrapErr(errHost)
			}
			return types.Bool(holds(string(h), string(domain)))
		})))
}

// checkDomain reports what is wrong with the domain of a host function, and how
// it is written right.
func checkDomain(domain string) error {
	if rest, ok := strings.CutPrefix(domain, "*."); ok {
		return fmt.Errorf("%.100q is no domain: write %s(…, %.100q) for the names under it", domain, functionBelow, rest)
	}
	canonical, err := strictIDNA.ToASCII(strings.TrimSuffix(strings.ToLower(domain), "."))
	switch {
	case err != nil || canonical == "":
		return fmt.Errorf("%.100q is no domain", domain)
	case canonical != domain:
		return fmt.Errorf("%.100q is not in canonical form: write %q", domain, canonical)
	}
	return nil
}
