package av_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// probedStream is ffprobe's description of the parameters that a segment keeps.
type probedStream struct {
	Kind      string           `json:"codec_type"`
	Codec     string           `json:"codec_name"`
	Tag       string           `json:"codec_tag_string"`
	Profile   string           `json:"profile"`
	Format    string           `json:"pix_fmt"`
	Aspect    string           `json:"sample_aspect_ratio"`
	Range     string           `json:"color_range"`
	Space     string           `json:"color_space"`
	Transfer  string           `json:"color_transfer"`
	Primaries string           `json:"color_primaries"`
	Duration  string           `json:"duration"`
	SideData  []map[string]any `json:"side_data_list"`
}

// A segment keeps the parameters of the video: aspect, color, rotation, and the side data of HDR10, Dolby
// Vision, stereo and spherical video.
func TestSegmentsKeepParameters(t *testing.T) {
	kinds := map[string]bool{}
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			want, _ := c.source.stream(c.ix.Track().StreamIndex)
			got := c.cuts[0].Streams[0]
			require.Equal(t, "video", got.Kind)
			if got.Codec == "hevc" {
				assert.Equal(t, "hvc1", got.Tag)
			}
			if want.Range == "" || want.Range == "tv" { // the same
				want.Range, got.Range = "", ""
			}
			want.Tag, got.Tag, want.Duration, got.Duration = "", "", "", "" // these may differ
			assert.Equal(t, want, got)
			for _, data := range want.SideData {
				kinds[data["side_data_type"].(string)] = true
			}
		})
	}
	for _, kind := range []string{
		"Display Matrix", "Mastering display metadata", "Content light level metadata",
		"DOVI configuration record", "Stereo 3D", "Spherical Mapping",
	} {
		assert.True(t, kinds[kind], "no test video has a %s", kind)
	}
}
