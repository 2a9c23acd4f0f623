package av

import (
	"fmt"
	"slices"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// iTunesTags are the tags that libav's muxer writes as iTunes metadata, which most programs read, or as
// fields of boxes (mov_write_ilst_tag and mov_write_loci_tag in libavformat/movenc.c).
var iTunesTags = []string{
	"title", "artist", "album_artist", "composer", "album", "date", "encoding_tool", "comment",
	"genre", "copyright", "grouping", "lyrics", "description", "synopsis", "show", "episode_id",
	"network", "keywords", "episode_sort", "season_number", "media_type", "hd_video",
	"gapless_playback", "compilation", "track", "disc", "tmpo", "location", "location-eng",
	"creation_time",
}

// tagFlags returns the movflags that the cut's tags need. With use_metadata_tags, the muxer writes all of
// them by their names, as QuickTime does; else it writes iTunesTags only.
func (c *cut) tagFlags() string {
	if slices.ContainsFunc(c.tags, func(t video.Tag) bool { return !t.IsNamed(iTunesTags...) }) {
		return "+use_metadata_tags"
	}
	return ""
}

// tagSpace returns an upper limit of the bytes that the cut's tags take in a moov box. The muxer may write a
// location in two forms.
func (c *cut) tagSpace() int {
	const fixed, perTag = 256, 64
	n := 0
	for _, t := range c.tags {
		n += perTag + len(t.Name) + 2*len(t.Value)
	}
	for _, track := range c.tracks {
		for _, t := range track.tags {
			n += perTag + len(t.Value)
		}
	}
	if n > 0 {
		n += fixed
	}
	return n
}

// setTags sets the tags of the muxer and of its streams, which are those of the cut's tracks.
func (c *cut) setTags(out *astiav.FormatContext) error {
	tags, err := newDictionary(c.tags)
	if err != nil {
		return err
	}
	out.SetMetadata(tags) // which owns it
	for i, s := range out.Streams() {
		if tags, err = newDictionary(c.tracks[i].tags); err != nil {
			return err
		}
		s.SetMetadata(tags)
	}
	return nil
}

// newDictionary makes a dictionary, which the caller frees or passes on; nil if there are no tags.
func newDictionary(tags video.Tags) (_ *astiav.Dictionary, err error) {
	if len(tags) == 0 {
		return nil, nil
	}
	dictionary := astiav.NewDictionary()
	for _, t := range tags {
		if err := dictionary.Set(t.Name, t.Value, 0); err != nil {
			dictionary.Free()
			return nil, fmt.Errorf("set %s: %w", t.Name, err)
		}
	}
	return dictionary, nil
}
