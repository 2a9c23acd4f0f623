package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"gop/video"
)

// bar shows how far a run is. On a terminal it is one line that changes; else there is a line for
// each file that is done.
type bar struct {
	to       io.Writer
	terminal bool
	sizes    []int64 // of the files: a large one takes longer

	mu     sync.Mutex
	parts  []float64 // of each file, from 0 to 1
	files  int       // done
	drawn  time.Time
	closed bool
}

func newBar(to io.Writer, videos []video.Video) *bar {
	b := &bar{to: to, terminal: isTerminal(to), parts: make([]float64, len(videos))}
	for _, v := range videos {
		b.sizes = append(b.sizes, v.Size+1)
	}
	return b
}

// isTerminal tells whether who looks at w sees a line change.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// at says that a part of file i is done, from 0 to 1.
func (b *bar) at(i int, part float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts[i] = part
	if now := time.Now(); b.terminal && now.Sub(b.drawn) > 100*time.Millisecond {
		b.drawn = now
		b.draw()
	}
}

// done says that file i is done.
func (b *bar) done(i int, r *result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts[i] = 1
	b.files++
	if b.terminal {
		b.draw()
	} else if r.Outcome != interrupted {
		_, _ = fmt.Fprintf(b.to, "%d/%d %s: %s\n", b.files, len(b.parts), r.Name, r.Outcome)
	}
}

func (b *bar) draw() {
	const width = 40
	var all, done float64
	for i, size := range b.sizes {
		all += float64(size)
		done += float64(size) * b.parts[i]
	}
	full := int(done / all * width)
	_, _ = fmt.Fprintf(b.to, "\r[%s%s] %3.0f %%, %d/%d files", strings.Repeat("#", full), strings.Repeat(".", width-full),
		100*done/all, b.files, len(b.parts))
}

// close takes the bar away, so that what is written next begins a line.
func (b *bar) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.terminal && !b.closed {
		_, _ = fmt.Fprint(b.to, "\r\x1b[K")
	}
	b.closed = true
}
