package strictjson

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// describe says what is wrong with the input in a text of bounded length that
// repeats little of it: where, by byte or member, and what.
func describe(err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("reading JSON: at byte %d: %w", syntax.ByteOffset, syntax.Err)
	}
	var meaning *jsonv2.SemanticError
	if !errors.As(err, &meaning) {
		return fmt.Errorf("reading JSON: %w", err)
	}
	where := string(meaning.JSONPointer)
	if len(where) > 100 {
		where = strings.ToValidUTF8(where[:100], "�") + "…"
	}
	cause := meaning.Err
	if cause == nil {
		cause = errors.New("wrong type")
	}
	return fmt.Errorf("reading JSON: at %s: %w", strconv.Quote(where), cause)
}
