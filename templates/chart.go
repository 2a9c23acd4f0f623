package templates

import (
	"math"
	"strconv"
)

// Chart is a bar chart of GOP sizes over time. Regular and Irregular are path data for an SVG with the view
// box 0 0 1000 100. Each GOP is a bar: its width is the GOP's duration and its height is the GOP's size. A
// marker at the top edge points to each irregular GOP.
type Chart struct{ Regular, Irregular string }

// Chart returns nil if the page has fewer than two GOPs or they have no duration.
func (p GOPsPage) Chart() *Chart {
	if len(p.GOPs) < 2 {
		return nil
	}
	from, to, maxBytes := p.GOPs[0].Start, p.GOPs[len(p.GOPs)-1].End, int64(1)
	for _, g := range p.GOPs {
		maxBytes = max(maxBytes, g.Bytes)
	}
	if to <= from {
		return nil
	}
	var regular, irregular, markers barPath
	for _, g := range p.GOPs {
		x := 1000 * float64(g.Start-from) / float64(to-from)
		width := 1000 * float64(g.End-g.Start) / float64(to-from)
		if width > 4 {
			width-- // a gap to the next bar
		}
		minWidth := 0.5
		if g.Irregular {
			minWidth = 2 // visible even if the GOP is short
		}
		width = max(minWidth, width)
		x = min(x, 1000-width)
		height := max(1, 98*float64(g.Bytes)/float64(maxBytes))
		if !g.Irregular {
			regular.add(x, 100, width, -height)
			continue
		}
		irregular.add(x, 100, width, -height)
		markers.add(x, 0, width, 5)
	}
	return &Chart{regular.data(), irregular.data() + markers.data()}
}

// barPath builds SVG path data of bars. Among bars of equal width that begin within half a width of each
// other, it draws only the highest. This bounds the size of the path for any number of GOPs.
type barPath struct {
	path                []byte
	x, y, width, height float64 // the last bar, which is not in path yet
}

func (b *barPath) add(x, y, width, height float64) {
	if b.width == width && x-b.x < width/2 {
		if math.Abs(height) > math.Abs(b.height) {
			b.height = height
		}
		return
	}
	b.flush()
	b.x, b.y, b.width, b.height = x, y, width, height
}

func (b *barPath) flush() {
	if b.width == 0 {
		return
	}
	for _, command := range []struct {
		name   byte
		number float64
	}{{'M', b.x}, {' ', b.y}, {'v', b.height}, {'h', b.width}, {'v', -b.height}} {
		b.path = appendNumber(append(b.path, command.name), command.number)
	}
	b.path = append(b.path, 'z')
	b.width = 0
}

func (b *barPath) data() string {
	b.flush()
	return string(b.path)
}

// appendNumber appends n with at most two decimals.
func appendNumber(to []byte, n float64) []byte {
	return strconv.AppendFloat(to, float64(int64(n*100))/100, 'f', -1, 64)
}
