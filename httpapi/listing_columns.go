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
	append func(to []byte, c templates.GOPCell) []byte
}{
	{"start_time", func(to []byte, c templates.GOPCell) []byte {
		return append(to, video.FormatMicros(c.Start.Microseconds())...)
	}},
	{"end_time", func(to []byte, c templates.GOPCell) []byte {
		return append(to, video.FormatMicros(c.End.Microseconds())...)
	}},
	{"frames", func(to []byte, c templates.GOPCell) []byte {
		return strconv.AppendInt(to, int64(c.Frames), 10)
	}},
	{"bytes", func(to []byte, c templates.GOPCell) []byte { return strconv.AppendInt(to, c.Bytes, 10) }},
	{"bit_rate", func(to []byte, c templates.GOPCell) []byte { return strconv.AppendInt(to, c.BitRate, 10) }},
}

// writeColumns writes an object with the columns of all GOPs of ix, and the numbers of the GOPs with leading
// frames, of the irregular ones, and of those with each badge.
func writeColumns(w io.Writer, ix *video.Index) error {
	page := templates.GOPsPage{GOPs: newCells(ix)}
	page.MarkIrregular()
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	for _, column := range columns {
		buffer.WriteString(`"` + column.name + `":`)
		separator := byte('[')
		for _, c := range page.GOPs {
			buffer.WriteByte(separator)
			separator = ','
			buffer.Write(column.append(buffer.AvailableBuffer(), c))
			if buffer.Len() < listingBuffer {
				continue
			}
			if _, err := buffer.WriteTo(w); err != nil {
				return err
			}
		}
		buffer.WriteString("],")
	}
	rest, err := json.Marshal(newNumbers(ix, page))
	if err != nil {
		return err
	}
	buffer.Write(rest[1:]) // after its brace
	_, err = buffer.WriteTo(w)
	return err
}

// numbers are the members that list the numbers of GOPs.
type numbers struct {
	Leading   []int            `json:"leading"`   // with leading frames
	Irregular []int            `json:"irregular"` // that differ from most GOPs
	Badges    map[string][]int `json:"badges"`    // by label
}

func newNumbers(ix *video.Index, page templates.GOPsPage) numbers {
	n := numbers{Leading: []int{}, Irregular: []int{}, Badges: map[string][]int{}}
	for _, c := range page.GOPs {
		if ix.GOPs[c.Number].Leading > 0 {
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
