package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"gop/templates"
	"gop/video"
)

// columns lists the members of a listing in columns. Each is an array with a value for each GOP. Times are
// numbers in seconds, with six decimals.
var columns = []struct {
	name   string
	append func(to []byte, g video.GOP, base video.Rational) []byte
}{
	{"start_time", func(to []byte, g video.GOP, base video.Rational) []byte {
		return append(to, video.FormatMicros(g.Start.Micros(base))...)
	}},
	{"end_time", func(to []byte, g video.GOP, base video.Rational) []byte {
		return append(to, video.FormatMicros(g.End.Micros(base))...)
	}},
	{"frames", func(to []byte, g video.GOP, _ video.Rational) []byte {
		return strconv.AppendInt(to, int64(g.Frames), 10)
	}},
	{"bytes", func(to []byte, g video.GOP, _ video.Rational) []byte {
		return strconv.AppendInt(to, g.Bytes, 10)
	}},
	{"bit_rate", func(to []byte, g video.GOP, base video.Rational) []byte {
		return strconv.AppendInt(to, bitRate(g, base), 10)
	}},
}

// writeColumns writes an object with the columns of all GOPs of ix, and the numbers of the GOPs with leading
// frames, of the irregular ones, and of those with each badge. While it writes, it holds no more than these
// numbers in memory.
func writeColumns(w io.Writer, ix *video.Index) error {
	numbers, err := json.Marshal(newNumbers(ix))
	if err != nil {
		return err
	}
	base := ix.Track().TimeBase
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	for _, column := range columns {
		buffer.WriteString(`"` + column.name + `":`)
		separator := byte('[')
		for _, g := range ix.GOPs.All() {
			buffer.WriteByte(separator)
			separator = ','
			buffer.Write(column.append(buffer.AvailableBuffer(), g, base))
			if buffer.Len() < listingBuffer {
				continue
			}
			if _, err := buffer.WriteTo(w); err != nil {
				return err
			}
		}
		buffer.WriteString("],")
	}
	if _, err := buffer.WriteTo(w); err != nil {
		return err
	}
	_, err = w.Write(numbers[1:]) // after its brace
	return err
}

// numbers are the members that list the numbers of GOPs.
type numbers struct {
	Leading   []int            `json:"leading"`   // with leading frames
	Irregular []int            `json:"irregular"` // that differ from most GOPs
	Badges    map[string][]int `json:"badges"`    // by label
}

func newNumbers(ix *video.Index) numbers {
	page := templates.GOPsPage{GOPs: newCells(ix)}
	page.MarkIrregular()
	n := numbers{Leading: []int{}, Irregular: []int{}, Badges: map[string][]int{}}
	for i, g := range ix.GOPs.All() {
		c := page.GOPs[i]
		if g.Leading > 0 {
			n.Leading = append(n.Leading, c.Number)
		}
		if c.Irregular {
			n.Irregular = append(n.Irregular, c.Number)
		}
		for _, b := range c.Badges() {
			n.Badges[b.Label] = append(n.Badges[b.Label], c.Number)
		}
	}
	return n
}
