package httpapi_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// Entity tags stay the same after a restart, because clients store them.
func TestETagFormat(t *testing.T) {
	key := video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7}
	require.Equal(t, `"3674815fbdc58a3bc62bd41691b0e1c5"`, httpapi.SegmentETag("build", key))
	require.Regexp(t, `^"[0-9a-f]{32}"$`, httpapi.SegmentETag("build", key))
}

func TestETagsDiffer(t *testing.T) {
	key := video.SegmentKey{Name: "a.mp4", Version: "1", GOP: 7}
	changed := func(change func(*video.SegmentKey)) string {
		k := key
		change(&k)
		return httpapi.SegmentETag("build", k)
	}
	names := map[string]string{}
	for name, tag := range map[string]string{
		"the key":             httpapi.SegmentETag("build", key),
		"another build":       httpapi.SegmentETag("build2", key),
		"another name":        changed(func(k *video.SegmentKey) { k.Name = "b.mp4" }),
		"another version":     changed(func(k *video.SegmentKey) { k.Version = "2" }),
		"no leading packets":  changed(func(k *video.SegmentKey) { k.NoLeading = true }),
		"another video track": changed(func(k *video.SegmentKey) { k.VideoStream = 1 }),
		"another audio track": changed(func(k *video.SegmentKey) { k.AudioStream = 1 }),
		"with metadata":       changed(func(k *video.SegmentKey) { k.Metadata = true }),
		"another GOP":         changed(func(k *video.SegmentKey) { k.GOP = 8 }),
		"a digit moved":       changed(func(k *video.SegmentKey) { k.Version, k.GOP = "17", 0 }),
		"a transcode":         changed(func(k *video.SegmentKey) { k.Filters.Transcode = true }),
		"a blurred one": changed(func(k *video.SegmentKey) {
			k.Filters = video.Filters{
				Transcode: true,
				Blur:      1,
			}
		}),
		"a fragmented one": changed(func(k *video.SegmentKey) {
			k.Filters.Transcode, k.Fragmented = true,
				true
		}),
		"the listing":          httpapi.ETag("build", "listing", "a.mp4", "1"),
		"the grid":             httpapi.ETag("build", "grid", "a.mp4", "1"),
		"parts split earlier":  httpapi.ETag("build", "listing", "a.mp", "41"),
		"parts split later":    httpapi.ETag("build", "listing", "a.mp41", ""),
		"parts joined":         httpapi.ETag("build", "listing", "a.mp41"),
		"a part like a length": httpapi.ETag("build", "listing", "1:a", "1"),
		"a length in two":      httpapi.ETag("build", "listing", "1", "a1:1"),
	} {
		require.NotContains(t, names, tag, "%s and %s", name, names[tag])
		names[tag] = name
	}
}

// Another build may make other bytes, so cached responses of the old one must not match.
func TestETagsDependOnTheBuild(t *testing.T) {
	tags := func(build string) (tags []string) {
		config := httpapi.NewDefaultConfig()
		config.Build = build
		handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
		for _, path := range []string{
			gopsPath, gopsPath + ".json", gopsPath + "/0.mp4",
			gopsPath + "/1.mp4",
		} {
			tags = append(tags, get(t, handler, path).Header.Get("ETag"))
		}
		return tags
	}
	all := append(tags("one"), tags("two")...)
	seen := map[string]bool{}
	for _, tag := range all {
		assert.NotEmpty(t, tag)
		assert.False(t, seen[tag], "two responses have the tag %s", tag)
		seen[tag] = true
	}
	assert.Equal(t, tags("one"), tags("one"))
}
