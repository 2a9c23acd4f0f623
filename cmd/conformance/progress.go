package main

import (
	"fmt"
	"io"
	"sync"

	"gop/cmd/internal/progress"
	"gop/video"
)

// bar shows how far a run is, by the sizes of the files: a large one takes longer.
type bar struct {
	shown *progress.Bar
	sizes []int64

	mu    sync.Mutex
	parts []float64 // of each file, from 0 to 1
	files int       // done
}

func newBar(to io.Writer, videos []video.Video) *bar {
	b := &bar{shown: progress.New(to), parts: make([]float64, len(videos))}
	for _, v := range videos {
		b.sizes = append(b.sizes, v.Size+1)
	}
	return b
}

// at says that a part of file i is done, from 0 to 1.
func (b *bar) at(i int, part float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts[i] = part
	b.shown.At(b.all())
}

// done says that file i is done.
func (b *bar) done(i int, r *result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts[i] = 1
	b.files++
	line := ""
	if r.Outcome != interrupted {
		line = fmt.Sprintf("%d/%d %s: %s", b.files, len(b.parts), r.Name, r.Outcome)
	}
	part, text := b.all()
	b.shown.Step(part, text, line)
}

// all is how far all files are, and what is said of it.
func (b *bar) all() (part float64, text string) {
	var all, done float64
	for i, size := range b.sizes {
		all += float64(size)
		done += float64(size) * b.parts[i]
	}
	return done / all, fmt.Sprintf("%d/%d files", b.files, len(b.parts))
}

func (b *bar) close() { b.shown.Close() }
