package bitstream

import (
	"slices"
	"testing"

	"gop/internal/media"

	"github.com/stretchr/testify/assert"
)

// unitsOf copies the units of a payload.
func unitsOf(f Framing, data string) []string {
	units := []string{}
	for unit := range f.Units([]byte(data)) {
		units = append(units, string(unit))
	}
	return units
}

// A payload has the same units in every framing.
func TestUnits(t *testing.T) {
	codes := Framing{Codec: media.H264}
	lengths := Framing{Codec: media.H264, LengthSize: 4}
	short := Framing{Codec: media.H264, LengthSize: 2}
	av1 := Framing{Codec: media.AV1}
	adts := Framing{Codec: media.AAC, ADTS: true}
	aac := Framing{Codec: media.AAC}
	type framed struct {
		Framing
		data string
	}
	for name, c := range map[string]struct {
		a, b framed
		same bool
	}{
		"start codes, lengths": {
			framed{codes, "\x00\x00\x00\x01\x67A\x00\x00\x01\x65B"},
			framed{lengths, "\x00\x00\x00\x02\x67A\x00\x00\x00\x02\x65B"},
			true,
		},
		"lengths of two bytes": {
			framed{short, "\x00\x02\x67A\x00\x02\x65B"},
			framed{lengths, "\x00\x00\x00\x02\x67A\x00\x00\x00\x02\x65B"},
			true,
		},
		"zeros after a unit": {
			framed{codes, "\x00\x00\x01\x67A\x00\x00\x00"},
			framed{lengths, "\x00\x00\x00\x02\x67A"},
			true,
		},
		"zeros kept with a unit": {
			framed{codes, "\x00\x00\x01\x67A"},
			framed{lengths, "\x00\x00\x00\x03\x67A\x00"},
			true,
		},
		"an empty unit": {
			framed{lengths, "\x00\x00\x00\x00\x00\x00\x00\x02\x67A"},
			framed{lengths, "\x00\x00\x00\x02\x67A"},
			true,
		},
		"units that end elsewhere": {
			framed{lengths, "\x00\x00\x00\x02\x67A\x00\x00\x00\x01\x65"},
			framed{lengths, "\x00\x00\x00\x01\x67\x00\x00\x00\x02A\x65"},
			false,
		},
		"another byte": {
			framed{lengths, "\x00\x00\x00\x02\x67A"},
			framed{lengths, "\x00\x00\x00\x02\x67B"},
			false,
		},
		"a length too large": {
			framed{lengths, "\x00\x00\x01\x00\x67A"},
			framed{lengths, "\x00\x00\x00\x02\x67A"},
			true,
		},
		"a temporal delimiter": {
			framed{av1, "\x12\x00\x32\x01A"},
			framed{av1, "\x32\x01A"},
			true,
		},
		"an OBU without its size": {
			framed{av1, "\x32\x01A\x30B"},
			framed{av1, "\x32\x01A\x32\x01B"},
			true,
		},
		"an OBU's layer": {
			framed{av1, "\x36\x08\x01A"},
			framed{av1, "\x36\x10\x01A"},
			false,
		},
		"another OBU": {
			framed{av1, "\x32\x01A"},
			framed{av1, "\x32\x01B"},
			false,
		},
		"an ADTS header": {
			framed{adts, "\xFF\xF1\x4C\x80\x01\x3F\xFCABC"},
			framed{aac, "ABC"},
			true,
		},
		"an ADTS header with a checksum": {
			framed{adts, "\xFF\xF0\x4C\x80\x01\x3F\xFCxyABC"},
			framed{aac, "ABC"},
			true,
		},
		"no ADTS header": {
			framed{adts, "ABCDEFGHIJ"},
			framed{aac, "ABCDEFGHIJ"},
			true,
		},
		"nothing": {
			framed{aac, ""},
			framed{lengths, ""},
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := unitsOf(c.a.Framing, c.a.data), unitsOf(c.b.Framing, c.b.data)
			assert.Equal(t, c.same, slices.Equal(a, b))
		})
	}
}
