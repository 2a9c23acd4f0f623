package video

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// SegmentKey identifies a segment: requests for the same bytes have equal keys.
type SegmentKey struct {
	Name        string   // of the video
	Version     string   // of the video
	VideoStream int      // stream index of the video track
	AudioStream int      // stream index of the audio track; -1 for none
	GOP         int      // number of the first GOP, from 0
	More        int      // number of GOPs that follow it in the segment: a run of GOPs if it is not 0
	Clip        Interval // the part of the run that is presented; zero for all of it
	NoLeading   bool     // the first leading packets are dropped; false if there are none, and in a transcode
	Filters     Filters
	Fragmented  bool // a fragmented mp4; only a transcode is one
	Metadata    bool // it has the tags of the video
}

// Interval is the time [From, To) in the time base of the primary track. The zero Interval is none.
type Interval struct{ From, To Ticks }

// LastGOP returns the number of the last GOP.
func (k SegmentKey) LastGOP() int { return k.GOP + k.More }

// IsTranscode reports whether the frames are decoded and encoded again.
func (k SegmentKey) IsTranscode() bool { return k.Filters.Transcode }

// Stream returns the key as a StreamKey. It reports false if the segment is not fragmented.
func (k SegmentKey) Stream() (StreamKey, bool) {
	if !k.Fragmented {
		return StreamKey{}, false
	}
	return StreamKey{k}, true
}

// StreamKey is the key of a fragmented segment, which can be sent while it is made. SegmentKey.Stream makes
// one; the zero value identifies no segment.
type StreamKey struct{ segment SegmentKey }

// Segment returns the key of the same segment.
func (k StreamKey) Segment() SegmentKey { return k.segment }

// Segment is a GOP, a run of GOPs or a part of a run as an mp4. Requests share it: it must not be changed.
type Segment struct {
	Key         SegmentKey
	ContentType string
	Size        int64 // bytes of all parts
	Parts       []Part

	// AudioLeftOut is why the muxer rejected the audio of this segment. The index did not predict it. It is
	// "" if the segment has the audio, or if the key has none.
	AudioLeftOut string

	// Source opens the video that the parts refer to. It fails with ErrChanged if the video's version is no
	// longer the key's. It is nil if no part refers to the video. The caller closes the file.
	Source func(context.Context) (File, error)
}

// Fragment is a part of a fragmented segment that can be sent before the next one is made.
type Fragment struct {
	Data         []byte
	AudioLeftOut string // of the segment
}

// CacheStatus tells how the cache served a request.
type CacheStatus int

// The cache statuses.
const (
	CacheMiss      CacheStatus = iota // made for this request
	CacheCollapsed                    // made for an earlier request that was in progress
	CacheHit                          // found in the cache
)

// Part is a run of a segment's bytes: in memory, or a range of the video.
type Part struct {
	Data           []byte
	Offset, Length int64 // range of the video, in bytes, if Data is nil
}

// Size returns the part's number of bytes.
func (p Part) Size() int64 {
	if p.Data != nil {
		return int64(len(p.Data))
	}
	return p.Length
}

// Memory estimates how many bytes of memory the segment takes.
func (s *Segment) Memory() int64 {
	const segment, part = 256, 48
	n := int64(segment + len(s.AudioLeftOut))
	for _, p := range s.Parts {
		n += part + int64(cap(p.Data))
	}
	return n
}

// Bytes reads the whole segment.
func (s *Segment) Bytes() (_ []byte, err error) {
	var source File
	if s.Source != nil {
		if source, err = s.Source(context.Background()); err != nil {
			return nil, fmt.Errorf("open the video: %w", err)
		}
		defer func() { err = errors.Join(err, source.Close()) }()
	}
	all := make([]byte, 0, s.Size)
	for _, p := range s.Parts {
		if p.Data != nil || p.Length == 0 {
			all = append(all, p.Data...)
			continue
		}
		start := len(all)
		all = append(all, make([]byte, p.Length)...)
		if _, err := source.ReadAt(all[start:], p.Offset); err != nil && err != io.EOF {
			return nil, fmt.Errorf("read the video: %w", err)
		}
	}
	return all, nil
}
