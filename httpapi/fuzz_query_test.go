package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// What is read of a query is written as a query that is read as the same; and two queries are
// written alike where they mean the same, and nowhere else.
func FuzzQuery(f *testing.F) {
	queries := []string{
		"", "video=1", "video=01", "video=2", "audio=0", "audio=1", "audio=00", "audio=2&video=2", "video=2&audio=2", "leading=0", "leading=1",
		"leading=0&audio=65535", "vide%6f=2", "audio=%31", "&&", "leading", "video=65536", "audio=-1", "a=1", "video=1;audio=1", "video=+1",
	}
	for i, one := range queries {
		f.Add(one, queries[(i+1)%len(queries)])
		f.Add(one, one)
	}
	type meaning struct {
		track int
		cut   video.Cut
	}
	read := func(t *testing.T, raw string) (meaning, string, bool) {
		track, cut, text, err := httpapi.Chosen(&http.Request{URL: &url.URL{RawQuery: raw}}, 3)
		if err != nil {
			require.Equal(t, video.Invalid, video.KindOf(err))
			require.NotEmpty(t, video.Message(err))
			return meaning{}, "", false
		}
		require.Equal(t, 3, cut.GOP)
		require.GreaterOrEqual(t, track, 1)
		require.GreaterOrEqual(t, cut.Audio, video.NoAudio)
		return meaning{track, cut}, text, true
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		a, text, ok := read(t, one)
		if !ok {
			return
		}
		if text != "" {
			require.Equal(t, byte('?'), text[0])
			again, same, ok := read(t, text[1:])
			require.True(t, ok, text)
			require.Equal(t, a, again)
			require.Equal(t, text, same)
		} else {
			require.Equal(t, meaning{1, video.Cut{GOP: 3}}, a)
		}
		if b, otherText, ok := read(t, other); ok {
			require.Equal(t, a == b, text == otherText, "%s and %s", text, otherText)
		}
	})
}
