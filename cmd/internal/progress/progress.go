// Package progress shows how far a program is.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Bar shows how far a run is. On a terminal it is one line that changes; else there is a line for
// each step that is done. Its methods may be called concurrently.
type Bar struct {
	to       io.Writer
	terminal bool

	mu     sync.Mutex
	drawn  time.Time
	closed bool
}

// New makes a bar; Close it before something else is written.
func New(to io.Writer) *Bar { return &Bar{to: to, terminal: isTerminal(to)} }

// isTerminal tells whether who looks at w sees a line change.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// At says that a part of the run is done, from 0 to 1, and what there is to say of it. It may be
// called as often as one likes.
func (b *Bar) At(part float64, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.drawn) > 100*time.Millisecond {
		b.draw(part, text)
	}
}

// Step is At for what is worth a line where there is no terminal; an empty line is not.
func (b *Bar) Step(part float64, text, line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.draw(part, text)
	if !b.terminal && !b.closed && line != "" {
		_, _ = fmt.Fprintln(b.to, line)
	}
}

// draw draws the line on a terminal.
func (b *Bar) draw(part float64, text string) {
	const width = 40
	if !b.terminal || b.closed {
		return
	}
	b.drawn = time.Now()
	full := int(min(max(part, 0), 1) * width)
	_, _ = fmt.Fprintf(b.to, "\r\x1b[K[%s%s] %3.0f %%, %s", strings.Repeat("#", full), strings.Repeat(".", width-full),
		100*part, text)
}

// Close takes the bar away, so that what is written next begins a line.
func (b *Bar) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.terminal && !b.closed {
		_, _ = fmt.Fprint(b.to, "\r\x1b[K")
	}
	b.closed = true
}
