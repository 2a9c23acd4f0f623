package av_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// probedStream is what ffprobe says of a track that a cut must keep.
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
	SideData  []map[string]any `json:"side_data_list"`
}

// What is known of a track beside its packets is in every GOP of it: aspect, colour, rotation, and
// what HDR10, Dolby Vision, stereo and spherical pictures need.
func TestWhatIsCarriedOver(t *testing.T) {
	kinds := map[string]bool{}
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := cutAll(t, path)
			want, _ := c.source.stream(c.ix.Track().StreamIndex)
			for i, cutFile := range c.cuts {
				got, _, ok := cutFile.first("video")
				require.True(t, ok)
				if got.Codec == "hevc" {
					assert.Equal(t, "hvc1", got.Tag)
				}
				if want.Range == "" || want.Range == "tv" { // the same
					want.Range, got.Range = "", ""
				}
				want.Tag, got.Tag = "", ""
				assert.Equal(t, want, got, "cut %d", i)
			}
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
