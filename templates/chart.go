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
		if len(g.Badges()) > 0 {
			sum.Irregular++
		}
	}
	if total > 0 {
		sum.Mean = total / time.Duration(len(p.GOPs))
		sum.BitRate = int64(float64(bytes) * 8 / total.Seconds())
	}
	return sum
}

// MarkLong marks the GOPs that last more than twice as long as the median.
func (p Grid) MarkLong() {
	durations := make([]time.Duration, len(p.GOPs))
	for i, g := range p.GOPs {
		durations[i] = g.End - g.Start
	}
	slices.Sort(durations)
	for i, g := range p.GOPs {
		p.GOPs[i].Long = g.End-g.Start > 2*durations[len(durations)/2]
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
		height := max(1, 98*float64(g.Bytes)/float64(most))
		if len(g.Badges()) == 0 {
			even.add(x, 100, max(0.5, width), -height)
			continue
		}
		// However short it is, it is seen, and a mark above tells where to look.
		odd.add(x, 100, max(2, width), -height)
		marks.add(x, 0, max(2, width), 5)
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
