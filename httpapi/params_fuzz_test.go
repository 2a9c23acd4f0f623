package httpapi_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
	"gop/video/cut"
)

// A canonical query parses to the same Cut. Without the version, two queries have the same canonical form if
// and only if they parse to the same Cut.
func FuzzQuery(f *testing.F) {
	f.Add("video=1", "v=\x00/1")
	queries := []string{
		"", "video=1", "video=01", "video=2", "audio=0", "audio=1", "audio=00", "audio=2&video=2",
		"video=2&audio=2", "leading=0", "leading=1", "leading=0&audio=65535", "vide%6f=2", "audio=%31", "&&",
		"leading", "video=65536", "audio=-1", "a=1", "video=1;audio=1", "video=+1", "stream=1",
		"crop=16:16&gray=1", "fps=25", "fps=50/2",
	}
	for i, one := range queries {
		f.Add(one, queries[(i+1)%len(queries)])
		f.Add(one, one)
	}
	parse := func(t *testing.T, raw string) (cut.Cut, string, bool) {
		c, text, err := httpapi.ParsedCut(raw, 3)
		if err != nil {
			require.Equal(t, video.Invalid, video.KindOf(err))
			require.NotEmpty(t, video.Message(err))
			return cut.Cut{}, "", false
		}
		require.Equal(t, 3, c.GOP)
		require.GreaterOrEqual(t, c.Audio, cut.NoAudio)
		c.Video = max(c.Video, 1) // 0 and 1 are the same track
		return c, text, true
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		a, text, ok := parse(t, one)
		if !ok {
			return
		}
		if text == "" {
			require.Equal(t, cut.Cut{Video: 1, GOP: 3}, a)
		} else {
			require.Equal(t, byte('?'), text[0])
			again, same, ok := parse(t, text[1:])
			require.True(t, ok, text)
			require.Equal(t, a, again)
			require.Equal(t, text, same)
		}
		if b, otherText, ok := parse(t, other); ok {
			isSame := withoutVersion(t, text) == withoutVersion(t, otherText)
			require.Equal(t, a == b, isSame, "%s and %s", text, otherText)
		}
	})
}

// withoutVersion returns a printed query without the version of the video, which does not affect the cut.
func withoutVersion(t *testing.T, text string) string {
	t.Helper()
	values, err := url.ParseQuery(strings.TrimPrefix(text, "?"))
	require.NoError(t, err)
	values.Del("v")
	return values.Encode()
}
