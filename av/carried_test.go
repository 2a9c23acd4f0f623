package av_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
)

// probedStream is what ffprobe says of a track that a cut must keep.
type probedStream struct {
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

func probeStream(t *testing.T, path, stream string) probedStream {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-select_streams", stream,
		"-show_streams", "-of", "json", path).Output()
	require.NoError(t, err, "ffprobe %s", path)
	var probed struct{ Streams []probedStream }
	require.NoError(t, json.Unmarshal(output, &probed))
	require.NotEmpty(t, probed.Streams)
	return probed.Streams[0]
}

// What is known of a track beside its packets is in every GOP of it: aspect, colour, rotation, and
// what HDR10, Dolby Vision, stereo and spherical pictures need.
func TestWhatIsCarriedOver(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	kinds := map[string]bool{}
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			ix, files := cutAll(t, engine, path)
			want := probeStream(t, path, strconv.Itoa(ix.Track().Index))
			for i, file := range []string{files[0], files[len(files)-1]} {
				got := probeStream(t, file, "v:0")
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
