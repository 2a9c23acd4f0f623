package sniff

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFormatOf(t *testing.T) {
	mpeg1 := "\x00\x00\x01\xBA\x21\x00\x01\x00\x01\x80\x1B\x91"
	mpeg2 := "\x00\x00\x01\xBA\x44\x00\x04\x00\x04\x01\x00\x89\xC3"
	for name, c := range map[string]struct {
		head string
		want Format
	}{
		"AVI":                   {"RIFF\x24\x10\x00\x00AVI LIST", AVI},
		"a part of OpenDML":     {"RIFF\x24\x10\x00\x00AVIXLIST", AVI},
		"a wave file":           {"RIFF\x24\x10\x00\x00WAVEfmt ", Unknown},
		"FLV":                   {"FLV\x01\x05\x00\x00\x00\x09", FLV},
		"MPEG-1":                {mpeg1 + "\x00\x00\x01\xBB", MPEGPS},
		"MPEG-2":                {mpeg2 + "\xF8\x00\x00\x01\xE0", MPEGPS},
		"MPEG-2, stuffed":       {mpeg2 + "\xFA\xFF\xFF\x00\x00\x01\xBD", MPEGPS},
		"a pack of nothing":     {mpeg2 + "\xF8\x00\x00\x01\xB3", Unknown},
		"a cut-off pack header": {mpeg2, Unknown},
		"an elementary stream":  {"\x00\x00\x01\xB3\x0C\x00\x6C\x13", Unknown},
		"ASF": {
			"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C\x1E", ASF,
		},
		"MXF":     {headerPartition + "\x04\x00", MXF},
		"Ogg":     {"OggS\x00\x02", Ogg},
		"short":   {"RIFF", Unknown},
		"nothing": {"", Unknown},
		"text":    {"This is no video.", Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, FormatOf([]byte(c.head)))
		})
	}
}

func TestSearch(t *testing.T) {
	pack := "\x00\x00\x01\xBA\x44\x00\x04\x00\x04\x01\x00\x89\xC3\xF8\x00\x00\x01\xE0"
	for name, c := range map[string]struct {
		head string
		want Format
	}{
		"within a pack":     {strings.Repeat("\x00\x00\x01\xBA?", 500) + pack, MPEGPS},
		"MXF with a run-in": {strings.Repeat("run-in", 100) + headerPartition + "\x04\x00", MXF},
		"no pack":           {strings.Repeat("\x00\x00\x01\xBA?", 500), Unknown},
		"nothing":           {"", Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, Search([]byte(c.head)))
		})
	}
}

// FuzzFormatOf checks that a recognized file is still recognized with more bytes after it.
func FuzzFormatOf(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "*.*"))
	require.NoError(f, err)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data[:min(len(data), 100)], []byte("\x00\x00\x01\xBA"))
	}
	f.Fuzz(func(t *testing.T, head, more []byte) {
		found, searched := FormatOf(head), Search(head)
		all := append(bytes.Clone(head), more...)
		if found != Unknown {
			require.Equal(t, found, FormatOf(all))
		}
		if searched == MPEGPS {
			require.Equal(t, searched, Search(all))
		}
	})
}
