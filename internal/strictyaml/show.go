package strictyaml

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"
)

// linesBefore is how many lines are shown before the one at fault, and
// widthShown how much of each.
const (
	linesBefore = 2
	widthShown  = 120
)

// A placeError says what is wrong at one place of a file, and shows it.
type placeError struct {
	line, column int // from 1
	message      string
	source       []byte
}

func (e *placeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%d:%d] %s", e.line, e.column, e.message)
	lines := strings.Split(string(e.source), "\n")
	for n := max(e.line-linesBefore, 1); n <= min(e.line, len(lines)); n++ {
		mark := ' '
		if n == e.line {
			mark = '>'
		}
		fmt.Fprintf(&b, "\n%c %4d | %s", mark, n, e.window(lines[n-1]))
	}
	const gutter = len("> 1234 | ")
	fmt.Fprintf(&b, "\n%*s", gutter+e.column-e.start(), "^")
	return b.String()
}

// start is how many characters of each line are left out at its beginning, so
// that the fault is shown.
func (e *placeError) start() int {
	if e.column <= widthShown {
		return 0
	}
	return e.column - widthShown/2
}

// window is the part of a line that is shown; a tab is one space wide.
func (e *placeError) window(line string) string {
	shown := []rune(strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", " "))
	shown = shown[min(e.start(), len(shown)):]
	return string(shown[:min(widthShown, len(shown))])
}

// fault is an error at a token.
func fault(at *token.Token, message string, source []byte) error {
	if at == nil || at.Position == nil {
		return errors.New(message)
	}
	return &placeError{at.Position.Line, at.Position.Column, message, source}
}

// shown is an error of the library with its place.
func shown(err error, source []byte) error {
	var placed yaml.Error
	if !errors.As(err, &placed) {
		return err
	}
	return fault(placed.GetToken(), placed.GetMessage(), source)
}
