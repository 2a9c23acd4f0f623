package video_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
)

// The tag is in clients' caches: for the same things it stays, from one start of the program to
// the next.
func TestETagIsStableStrongAndQuoted(t *testing.T) {
	key := video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7}
	require.Equal(t, `"f8d5df4ca6fba5260d6a5466380c7982"`, key.ETag("build"))
	require.Regexp(t, `^"[0-9a-f]{32}"$`, key.ETag("build"))
}

func TestETagsOfDifferentThingsDiffer(t *testing.T) {
	key := video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7}
	tags := map[string]string{
		"the key":             key.ETag("build"),
		"another build":       key.ETag("build2"),
		"another name":        video.SegmentKey{Name: "b.mp4", Version: "1", GOP: 7}.ETag("build"),
		"another version":     video.SegmentKey{Name: "a.mp4", Version: "2", GOP: 7}.ETag("build"),
		"no leading pictures": video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7, NoLeading: true}.ETag("build"),
		"another GOP":         video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 8}.ETag("build"),
		"digits moved over":   video.SegmentKey{Name: "a.mp4", Version: "17", GOP: 0}.ETag("build"),
		"the listing":         video.ETag("build", "listing", "a.mp4", "1"),
		"the grid":            video.ETag("build", "grid", "a.mp4", "1"),
		"parts split earlier": video.ETag("build", "listing", "a.mp", "41"),
		"parts split later":   video.ETag("build", "listing", "a.mp41", ""),
		"parts run together":  video.ETag("build", "listing", "a.mp41"),
		"a part like a head":  video.ETag("build", "listing", "1:a", "1"),
		"a head in two parts": video.ETag("build", "listing", "1", "a1:1"),
	}
	whose := map[string]string{}
	for name, tag := range tags {
		require.NotContains(t, whose, tag, "%s and %s", name, whose[tag])
		whose[tag] = name
	}
}
