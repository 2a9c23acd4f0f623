package templates

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// Pattern is what the GOPs of a video have in common, and how many have not.
type Pattern struct {
	Mean, Longest   time.Duration
	BitRate         int64 // bits a second; 0 where not known
	Open, Irregular int   // GOPs; what is irregular is odd in any way
}

// Pattern sums the GOPs up.
func (p Grid) Pattern() (sum Pattern) {
	total, bytes := time.Duration(0), int64(0)
	for _, g := range p.GOPs {
		d := g.End - g.Start
		total += d
		bytes += g.Bytes
		sum.Longest = max(sum.Longest, d)
		if g.Open {
			sum.Open++
		}
		if g.Odd {
			sum.Irregular++
		}
	}
	if total > 0 {
		sum.Mean = total / time.Duration(len(p.GOPs))
		sum.BitRate = int64(float64(bytes) * 8 / total.Seconds())
	}
	return sum
}

// MarkOdd marks the GOPs that differ from most of the video's: what all of them are by design is odd in none.
func (p Grid) MarkOdd() {
	if len(p.GOPs) == 0 {
		return
	}
	durations, frames := make([]time.Duration, len(p.GOPs)), make([]int, len(p.GOPs))
	open := 0
	for i, g := range p.GOPs {
		durations[i], frames[i] = g.End-g.Start, g.Frames
		if g.Open {
			open++
		}
	}
	slices.Sort(durations)
	slices.Sort(frames)
	middle := len(p.GOPs) / 2
	for i := range p.GOPs {
		g := &p.GOPs[i]
		g.Long = g.End-g.Start > 2*durations[middle]
		g.Lone = g.Frames == 1 && frames[middle] > 1
		g.Odd = g.Long || g.Lone || g.Open && open <= len(p.GOPs)/2
	}
}

// Chart is the sizes of the GOPs over the time of the video, as two paths of an SVG of 1000 by 100: a bar
// for each, as wide as it is long, those that are odd apart.
type Chart struct{ Even, Odd string }

// Chart is nil where there is nothing to draw.
func (p Grid) Chart() *Chart {
	if len(p.GOPs) < 2 {
		return nil
	}
	from, to, most := p.GOPs[0].Start, p.GOPs[len(p.GOPs)-1].End, int64(1)
	for _, g := range p.GOPs {
		most = max(most, g.Bytes)
	}
	if to <= from {
		return nil
	}
	var even, odd, marks bars
	for _, g := range p.GOPs {
		x := 1000 * float64(g.Start-from) / float64(to-from)
		width := 1000 * float64(g.End-g.Start) / float64(to-from)
		if width > 4 {
			width-- // a gap tells it from the next one
		}
		least := 0.5
		if g.Odd {
			least = 2 // however short it is, it is seen
		}
		width = max(least, width)
		x = min(x, 1000-width)
		height := max(1, 98*float64(g.Bytes)/float64(most))
		if !g.Odd {
			even.add(x, 100, width, -height)
			continue
		}
		odd.add(x, 100, width, -height)
		marks.add(x, 0, width, 5) // tells where to look
	}
	return &Chart{even.path(), odd.path() + marks.path()}
}

// bars are a path of an SVG. Of several that begin within half the width of one, the highest is drawn, so that
// there are no more of them than can be told apart, however many GOPs there are.
type bars struct {
	drawn               []byte
	x, y, width, height float64 // of the last one, which is not drawn yet
}

func (b *bars) add(x, y, width, height float64) {
	if b.width == width && x-b.x < width/2 {
		if math.Abs(height) > math.Abs(b.height) {
			b.height = height
		}
		return
	}
	b.draw()
	b.x, b.y, b.width, b.height = x, y, width, height
}

func (b *bars) draw() {
	if b.width == 0 {
		return
	}
	for _, step := range []struct {
		name   byte
		number float64
	}{{'M', b.x}, {' ', b.y}, {'v', b.height}, {'h', b.width}, {'v', -b.height}} {
		b.drawn = appendNumber(append(b.drawn, step.name), step.number)
	}
	b.drawn = append(b.drawn, 'z')
	b.width = 0
}

func (b *bars) path() string {
	b.draw()
	return string(b.drawn)
}

// appendNumber writes a number with two places, which is a fiftieth of a pixel.
func appendNumber(to []byte, n float64) []byte {
	return strconv.AppendFloat(to, float64(int64(n*100))/100, 'f', -1, 64)
}
