// Package cut describes requests for GOPs, clips and thumbnails and resolves them against a video's index: a
// Cut becomes a video.SegmentKey and a Thumbnail becomes a video.ThumbnailKey. Requests with the same meaning
// have the same key.
package cut

import (
	"slices"

	"gop/video"
)

// NoAudio is the Audio of a Cut without audio.
const NoAudio = -1

// Cut is a request for a GOP, a run of GOPs or a clip as an mp4. The zero Cut is the first GOP of the first
// video track with the default audio, remuxed.
type Cut struct {
	Video int  // number of the video track, from 1; 0 is the first
	GOP   int  // number of the first GOP, from 0
	More  int  // number of GOPs that follow it in the mp4
	Clip  Clip // the part of the video, instead of GOP and More; zero for none
	Audio int  // number of the audio track, from 1; 0 is the default track, NoAudio is none

	NoLeading bool // drop the leading packets of the first GOP, which the edit list trims anyway
	Metadata  bool // copy the tags of the video
	Edit      Edit // changes to the frames; the zero Edit is a remux

	// TranscodeIfNeeded transcodes a video track that an mp4 cannot hold. Without it, Resolve refuses the
	// track unless Edit transcodes it.
	TranscodeIfNeeded bool

	Fragmented bool // a fragmented mp4 that can be sent while it is made; only a transcode is fragmented
}

// NeedsKeys reports whether Resolve needs an index with what keyframes tell: the size of the frames to edit.
func (c Cut) NeedsKeys(ix *video.Index) bool {
	return c.Edit != Edit{} || ix.Track().Unsupported != ""
}

// Resolve returns the key of c in the video that ix describes; ix is the index of c's video track. Its errors
// are video.NotFound for a GOP, a time or an audio track that the video does not have, video.Unreadable for a
// track that an mp4 cannot hold, for GOPs that one mp4 cannot present and for frames that cannot be edited,
// and video.Invalid for an Edit that does not fit the frame.
func (c Cut) Resolve(ix *video.Index) (video.SegmentKey, error) {
	run, clip, err := c.selected(ix)
	if err != nil {
		return video.SegmentKey{}, err
	}
	track := ix.TrackAt(run.first)
	edit := c.Edit
	if c.TranscodeIfNeeded && track.Unsupported != "" {
		edit.Transcode = true
	}
	filters, err := edit.segmentFilters(track)
	if err != nil {
		return video.SegmentKey{}, err
	}
	if track.Unsupported != "" && !filters.Transcode {
		return video.SegmentKey{}, video.Errorf(video.Unreadable,
			"%s; it can be transcoded to H.264", track.Unsupported)
	}
	audio, err := c.audioStream(ix)
	if err != nil {
		return video.SegmentKey{}, err
	}
	return video.SegmentKey{
		Name: ix.Video.Name, Version: ix.Video.Version,
		VideoStream: track.StreamIndex, AudioStream: audio,
		GOP: run.first, More: run.last - run.first, Clip: clip,
		NoLeading:  c.NoLeading && ix.GOPs.At(run.first).Leading > 0 && !filters.Transcode,
		Metadata:   c.Metadata && hasTags(ix, track.StreamIndex, audio),
		Filters:    filters,
		Fragmented: c.Fragmented && filters.Transcode,
	}, nil
}

// hasTags reports whether the file or one of the streams has tags that a segment can have.
func hasTags(ix *video.Index, streams ...int) bool {
	return len(ix.Description.SegmentTags()) > 0 || slices.ContainsFunc(streams, func(stream int) bool {
		return len(ix.Description.TrackTags(stream)) > 0
	})
}

// AudioLeftOut returns the reason why c's segment has no audio although c asks for the default audio and the
// video has audio; "" if there is no such reason.
func (c Cut) AudioLeftOut(ix *video.Index) string {
	if c.Audio != 0 {
		return ""
	}
	return ix.AudioUnsupported()
}

// audioStream returns the stream index of the audio track that c selects, or -1 for none.
func (c Cut) audioStream(ix *video.Index) (int, error) {
	if c.Audio == 0 {
		if ix.DefaultAudio < 0 || c.AudioLeftOut(ix) != "" {
			return -1, nil
		}
		return ix.Tracks[ix.DefaultAudio].StreamIndex, nil
	}
	if c.Audio < 0 {
		return -1, nil
	}
	i := ix.TrackIndex(video.AudioTrack, c.Audio)
	if i < 0 {
		return -1, video.Errorf(video.NotFound, "the video has no audio track %d; it has %d",
			c.Audio, ix.CountTracks(video.AudioTrack))
	}
	if reason := ix.Tracks[i].Unsupported; reason != "" {
		return -1, video.Errorf(video.Unreadable, "audio track %d cannot be served: %s", c.Audio, reason)
	}
	return ix.Tracks[i].StreamIndex, nil
}

func checkGOP(ix *video.Index, gop int) error {
	if gop < 0 || gop >= ix.GOPs.Len() {
		return video.Errorf(video.NotFound,
			"the video has no GOP %d; it has %d, numbered from 0", gop, ix.GOPs.Len())
	}
	return nil
}
