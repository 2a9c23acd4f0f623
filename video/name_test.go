package video

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrintableName(t *testing.T) {
	for name, want := range map[string]string{
		"a.mp4": "a.mp4", "日本/ü.mp4": "日本/ü.mp4", "50%25.mp4": "50%25.mp4",
		"My%20Video.mp4": "My%20Video.mp4",
		"caf\xe9.mp4":    "caf%E9.mp4", "caf%E9.mp4": "caf%25E9.mp4", "caf%25E9.mp4": "caf%2525E9.mp4",
		"caf%e9.mp4": "caf%e9.mp4", "\xff\xfe/\xc3(": "%FF%FE/%C3(", "%\xe9": "%%E9", "%25\xe9": "%25%E9",
		"\xed\xa0\x80": "%ED%A0%80", "\uFFFD": "\uFFFD", "%C3%A9": "%25C3%25A9", "%": "%", "%2": "%2",
		"": "",
	} {
		assert.Equal(t, want, PrintableName(name), "%q", name)
		assert.Equal(t, name, ParseName(want), "%q", want)
	}
	// Text that is no printable name is a name itself.
	for _, text := range []string{"caf%C3%A9.mp4", "caf\xe9.mp4", "%E6%97%A5"} {
		assert.Equal(t, text, ParseName(text), "%q", text)
	}
}

// Printable names are UTF-8, are no longer than three times the name, and lead back to it: no two names have
// the same one.
func FuzzPrintableName(f *testing.F) {
	for _, name := range []string{"a", "caf\xe9", "caf%E9", "%25%25E9\xff%FF", "%252\xe9", "%\xc3%A9"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		text := PrintableName(name)
		require.True(t, utf8.ValidString(text), "%q", text)
		require.LessOrEqual(t, len(text), 3*len(name))
		require.Equal(t, name, ParseName(text), "%q", text)
	})
}
