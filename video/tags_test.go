package video_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/video"
)

func TestTagsIgnoreCase(t *testing.T) {
	tags := video.Tags{{Name: "TITLE", Value: "a"}, {Name: "title", Value: "b"}}
	assert.Equal(t, "a", tags.Get("Title"))
	assert.Empty(t, tags.Get("artist"))
}

func TestSegmentTags(t *testing.T) {
	d := video.Description{
		Tags: video.Tags{
			{Name: "ENCODER", Value: "x"}, {Name: "title", Value: "a"}, {Name: "timecode", Value: "1"},
		},
		Streams: []video.Stream{
			{Tags: video.Tags{{Name: "LANGUAGE", Value: "deu"}, {Name: "vendor_id", Value: "x"}}},
		},
	}
	assert.Equal(t, video.Tags{{Name: "title", Value: "a"}}, d.SegmentTags())
	assert.Equal(t, video.Tags{{Name: "LANGUAGE", Value: "deu"}}, d.TrackTags(0))
	assert.Empty(t, d.TrackTags(-1))
	assert.Len(t, d.Tags, 3, "unchanged")
}

func TestDescriptionMemory(t *testing.T) {
	empty := (&video.Description{}).Memory()
	for name, d := range map[string]video.Description{
		"programs":     {Programs: make([]video.Tags, 1000)},
		"dispositions": {Streams: []video.Stream{{Dispositions: make([]string, 1000)}}},
		"side data":    {Streams: []video.Stream{{SideData: make([]video.SideData, 1000)}}},
		"chapters":     {Chapters: make([]video.Chapter, 1000)},
	} {
		assert.Greater(t, d.Memory(), empty+16_000, name)
	}
}
