package video

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Cut says what of a video a segment holds.
type Cut struct {
	GOP       int  // zero-based
	Audio     int  // the number of the audio track, from 1; 0 is the default one, NoAudio is none
	NoLeading bool // without the leading pictures, which are not shown anyway

	Edit   Edit // what is done to the pictures
	Stream bool // in fragments, so that what is encoded can be sent as it is made

	Image Image // the key picture alone, where it has a format
}

// Image is how a GOP's key picture is wanted. The zero Image is none.
type Image struct {
	Format ImageFormat
	Width  int // pixels, of the picture as it is shown, where an Edit has no size; it is not made larger than it is
}

// ImageFormat is how an image is coded.
type ImageFormat string

// The formats of images.
const (
	JPEG ImageFormat = "jpeg"
	PNG  ImageFormat = "png"
)

// MediaType is what the answer's Content-Type says (RFC 2046; RFC 2083).
func (f ImageFormat) MediaType() string { return "image/" + string(f) }

// NoAudio is a Cut's Audio that leaves all sound out.
const NoAudio = -1

// SegmentKey names a segment: two requests that mean the same bytes have the same key.
type SegmentKey struct {
	Name      string // of the video
	Version   string // of the video
	Video     int    // stream index of the video track
	Audio     int    // stream index of the audio track; -1 where the segment has none
	GOP       int    // as in Cut
	NoLeading bool   // as in Cut; false for a GOP that has no leading pictures, and where Filters has it encoded
	Filters   Filters
	Stream    bool  // as in Cut; false where the pictures are not encoded
	Image     Image // as in Cut; the width is 0 where Filters has the size
}

// Key is the key of a cut out of the video that ix is of; the GOP must be one of ix's. Its errors
// are NotFound for an audio track that the video does not have, Unreadable for one that is asked for by its
// number and that no segment can hold, for pictures that it cannot hold as they are, and for those that cannot be edited, and Invalid for an Edit that
// is none, or none of this picture.
func (ix *Index) Key(c Cut) (SegmentKey, error) {
	key := SegmentKey{
		Name: ix.Video.Name, Version: ix.Video.Version,
		Video: ix.Track().StreamIndex, Audio: -1,
		GOP: c.GOP, NoLeading: c.NoLeading && ix.GOPs[c.GOP].Leading > 0,
	}
	var err error
	if c.Image.Format != "" {
		key.NoLeading, key.Image.Format = false, c.Image.Format
		key.Filters, key.Image.Width, err = c.Edit.image(ix.Track(), c.Image.Width)
		return key, err
	}
	if key.Filters, err = c.Edit.segment(ix.Track()); err != nil {
		return key, err
	}
	if left := ix.Track().Unsupported; left != "" && !key.Filters.Transcode {
		return key, Errorf(Unreadable, "%s; codec=h264 encodes it anew", left)
	}
	key.NoLeading = key.NoLeading && !key.Filters.Transcode
	key.Stream = c.Stream && key.Filters.Transcode
	switch {
	case c.Audio > 0:
		place := ix.TrackIndex(AudioTrack, c.Audio)
		if place < 0 {
			return key, Errorf(NotFound, "the video has no audio track %d; it has %d", c.Audio, ix.CountTracks(AudioTrack))
		}
		track := ix.Tracks[place]
		if track.Unsupported != "" {
			return key, Errorf(Unreadable, "audio track %d cannot be served: %s", c.Audio, track.Unsupported)
		}
		key.Audio = track.StreamIndex
	case c.Audio == 0 && ix.DefaultAudio >= 0 && ix.Tracks[ix.DefaultAudio].Unsupported == "":
		key.Audio = ix.Tracks[ix.DefaultAudio].StreamIndex
	}
	return key, nil
}

// Transcodes tells whether the segment is an mp4 whose pictures are encoded anew. Images, which always are, take
// no longer with Filters than without.
func (k SegmentKey) Transcodes() bool { return k.Filters.Transcode && k.Image.Format == "" }

// AudioUnsupported is why a segment with the default sound has none, though the video has: "" where there
// is no reason to give.
func (ix *Index) AudioUnsupported() string {
	if ix.DefaultAudio < 0 {
		return ""
	}
	return ix.Tracks[ix.DefaultAudio].Unsupported
}

// ETag is a strong entity tag (RFC 9110, section 8.8.3), quoted. build names the program that
// makes the bytes: another one may make others.
func (k SegmentKey) ETag(build string) string {
	parts := []string{
		build, "segment", k.Name, k.Version,
		strconv.Itoa(k.Video), strconv.Itoa(k.Audio), strconv.Itoa(k.GOP), strconv.FormatBool(k.NoLeading),
	}
	if k.Image.Format != "" {
		parts = append(parts, string(k.Image.Format), strconv.Itoa(k.Image.Width))
	}
	if k.Filters.Transcode {
		parts = append(parts, "filters", fmt.Sprint(k.Filters), strconv.FormatBool(k.Stream))
	}
	return ETag(parts...)
}

// ETag is a strong entity tag for what the parts determine, quoted.
func ETag(parts ...string) string {
	var all []byte
	for _, part := range parts {
		all = strconv.AppendInt(all, int64(len(part)), 10)
		all = append(append(all, ':'), part...)
	}
	sum := sha256.Sum256(all)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// Segment is one GOP, or its key picture, as a file of its own. It is shared between requests: nobody changes one.
type Segment struct {
	Key         SegmentKey
	ContentType string
	Size        int64 // bytes of all parts
	Parts       []Part

	// Source opens the video that parts refer to, or fails with ErrChanged where that is no longer
	// the version that they were made of. It is nil where no part refers to it.
	Source func() (File, error)
}

// CacheStatus is where a segment comes from.
type CacheStatus int

// The origins.
const (
	CacheMiss      CacheStatus = iota // for the one who asked
	CacheCollapsed                    // for another, who asked a little earlier
	CacheHit                          // for somebody before
)

// Part is a run of a segment's bytes: in memory, or where the video has them.
type Part struct {
	Data           []byte
	Offset, Length int64 // of the video, where Data is nil
}

// Size is the part's number of bytes.
func (p Part) Size() int64 {
	if p.Data != nil {
		return int64(len(p.Data))
	}
	return p.Length
}

// Memory is about how many bytes the segment takes in memory.
func (s *Segment) Memory() int64 {
	n := int64(256)
	for _, p := range s.Parts {
		n += 48 + int64(cap(p.Data))
	}
	return n
}

// Bytes are all of the segment's, read together.
func (s *Segment) Bytes() (_ []byte, err error) {
	var source File
	if s.Source != nil {
		if source, err = s.Source(); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, source.Close()) }()
	}
	all := make([]byte, 0, s.Size)
	for _, p := range s.Parts {
		if p.Data != nil || p.Length == 0 {
			all = append(all, p.Data...)
			continue
		}
		at := len(all)
		all = append(all, make([]byte, p.Length)...)
		if _, err := source.ReadAt(all[at:], p.Offset); err != nil && err != io.EOF {
			return nil, err
		}
	}
	return all, nil
}
