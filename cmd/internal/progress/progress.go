// Package progress draws a progress bar on a terminal.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Bar is a progress bar. On a terminal it redraws one line; elsewhere it prints a line for each step.
// Its methods may be called concurrently.
type Bar struct {
	w        io.Writer
	terminal bool

	mu     sync.Mutex
	drawn  time.Time
	closed bool
}

// New returns a bar that draws on w. The caller closes it before writing to w.
func New(w io.Writer) *Bar { return &Bar{w: w, terminal: isTerminal(w)} }

// isTerminal reports whether w is a character device.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// At shows the fraction that is done, from 0 to 1, and a text. It redraws at most every 100 ms, so it may
// be called often. Without a terminal it does nothing.
func (b *Bar) At(fraction float64, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.drawn) > 100*time.Millisecond {
		b.draw(fraction, text)
	}
}

// Step redraws the bar at once. Without a terminal it prints line, unless that is empty.
func (b *Bar) Step(fraction float64, text, line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.draw(fraction, text)
	if !b.terminal && !b.closed && line != "" {
		_, _ = fmt.Fprintln(b.w, line)
	}
}

// draw draws the bar if w is a terminal. The caller holds mu.
func (b *Bar) draw(fraction float64, text string) {
	const width = 40
	if !b.terminal || b.closed {
		return
	}
	b.drawn = time.Now()
	full := int(min(max(fraction, 0), 1) * width)
	_, _ = fmt.Fprintf(b.w, "\r\x1b[K[%s%s] %3.0f %%, %s",
		strings.Repeat("#", full), strings.Repeat(".", width-full), 100*fraction, text)
}

// Close erases the bar. Later calls draw nothing.
func (b *Bar) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.terminal && !b.closed {
		_, _ = fmt.Fprint(b.w, "\r\x1b[K")
	}
	b.closed = true
}
