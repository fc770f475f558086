package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// A progress shows how far a long command is: as a bar on a terminal, and
// elsewhere as a line from time to time.
type progress struct {
	w        io.Writer
	terminal bool
	now      func() time.Time

	began, told time.Time
	done        int
}

// How often it is told on a terminal and elsewhere.
const (
	progressBar  = 200 * time.Millisecond
	progressLine = 10 * time.Second
)

func newProgress(w io.Writer, now func() time.Time) *progress {
	at := now()
	return &progress{w: w, terminal: isTerminal(w), now: now, began: at, told: at}
}

// isTerminal reports whether a command writes to a terminal.
func isTerminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// step counts one more done, with which part of all is behind it.
func (p *progress) step(part float64) {
	const look = 64 // the clock costs
	if p.done++; p.done%look != 0 {
		return
	}
	at, pause := p.now(), progressLine
	if p.terminal {
		pause = progressBar
	}
	if at.Sub(p.told) < pause {
		return
	}
	p.told = at
	percent := int(100 * min(max(part, 0), 1))
	rate := float64(p.done) / at.Sub(p.began).Seconds()
	if !p.terminal {
		fmt.Fprintf(p.w, "countersign: %d %%, %d decisions, %.0f a second\n", percent, p.done, rate)
		return
	}
	const wide, each = 25, 4 // percent a cell
	bar := strings.Repeat("=", percent/each) + strings.Repeat(" ", wide-percent/each)
	fmt.Fprintf(p.w, "\r[%s] %3d %%  %d decisions, %.0f a second \x1b[K", bar, percent, p.done, rate)
}

// end removes the bar.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
