package main

import (
	"fmt"
	"io"
	"sync"

	"gop/cmd/internal/progress"
	"gop/video"
)

// progressBar shows the progress of a run, weighted by file size.
type progressBar struct {
	bar   *progress.Bar
	sizes []int64

	mu        sync.Mutex
	fractions []float64 // of each file, from 0 to 1
	finished  int       // files
}

func newProgressBar(w io.Writer, videos []video.Video) *progressBar {
	b := &progressBar{bar: progress.New(w), fractions: make([]float64, len(videos))}
	for _, v := range videos {
		b.sizes = append(b.sizes, v.Size+1)
	}
	return b
}

// update records that the given fraction of file i is checked.
func (b *progressBar) update(i int, fraction float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fractions[i] = fraction
	b.bar.At(b.total())
}

// finish records that file i is checked.
func (b *progressBar) finish(i int, r *result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fractions[i] = 1
	b.finished++
	line := ""
	if r.Outcome != interrupted {
		line = fmt.Sprintf("%d/%d %s: %s", b.finished, len(b.fractions), r.Name, r.Outcome)
	}
	fraction, text := b.total()
	b.bar.Step(fraction, text, line)
}

// total returns the fraction of all bytes that is checked, and a text for the bar.
func (b *progressBar) total() (fraction float64, text string) {
	var all, checked float64
	for i, size := range b.sizes {
		all += float64(size)
		checked += float64(size) * b.fractions[i]
	}
	return checked / all, fmt.Sprintf("%d/%d files", b.finished, len(b.fractions))
}

func (b *progressBar) close() { b.bar.Close() }
