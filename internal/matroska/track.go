package matroska

import (
	"bytes"
)

// track is a TrackEntry.
type track struct {
	stream          int // index of libav's stream; -1 if none
	number          uint64
	trackType       uint64
	codec           string
	defaultDuration uint64 // ns
	codecDelay      uint64 // ns
	scale           float64
	stripped        []byte // bytes that header stripping removed from the start of each payload
	encoded         bool   // payloads are compressed or encrypted in another way
}

// The track types for which libav creates streams (RFC 9559, section 5.1.4.1.3).
const (
	Video    = 1
	Audio    = 2
	Subtitle = 17
	Metadata = 33
)

// maxTracks is the largest number of tracks, that of streams in libav (max_streams in
// libavformat/options_table.h).
const maxTracks = 1000

func (w *Walker) readTracks(tracks element) error {
	_, err := w.children(tracks.start, tracks.end, func(e element) (int64, error) {
		if e.id != idTrackEntry {
			return e.end, nil
		}
		if len(w.tracks) == maxTracks {
			return 0, ErrNotWalkable
		}
		t := track{scale: 1}
		err := w.readTrack(e, &t)
		w.tracks = append(w.tracks, t)
		return e.end, err
	})
	return err
}

func (w *Walker) readTrack(entry element, t *track) error {
	_, err := w.children(entry.start, entry.end, func(e element) (_ int64, err error) {
		switch e.id {
		case idTrackNumber:
			t.number, err = w.uint(e)
		case idTrackType:
			t.trackType, err = w.uint(e)
		case idDefaultDuration:
			t.defaultDuration, err = w.uint(e)
		case idCodecDelay:
			t.codecDelay, err = w.uint(e)
		case idTrackTimestampScale:
			t.scale, err = w.float(e)
		case idCodecID:
			var data []byte
			data, err = w.data(e, 256)
			t.codec = string(bytes.TrimRight(data, "\x00"))
		case idContentEncodings:
			err = w.readEncodings(e, t)
		}
		return e.end, err
	})
	return err
}

// readEncodings reads the ContentEncodings of a track (RFC 9559, section 5.1.4.1.31). Header stripping
// is the only one that can be undone without reading payloads.
func (w *Walker) readEncodings(encodings element, t *track) error {
	const headerStripping, ofBlocks, ofPrivate = 3, 1, 2
	count := 0
	_, err := w.children(encodings.start, encodings.end, func(encoding element) (int64, error) {
		if encoding.id != idContentEncoding {
			return encoding.end, nil
		}
		count++
		scope, kind, algorithm := uint64(ofBlocks), uint64(0), uint64(0)
		var settings []byte
		_, err := w.children(encoding.start, encoding.end, func(e element) (_ int64, err error) {
			switch e.id {
			case idEncodingScope:
				scope, err = w.uint(e)
			case idEncodingType:
				kind, err = w.uint(e)
			case idCompression:
				_, err = w.children(e.start, e.end, func(e element) (_ int64, err error) {
					switch e.id {
					case idCompAlgo:
						algorithm, err = w.uint(e)
					case idCompSettings:
						settings, err = w.data(e, windowBytes)
						settings = bytes.Clone(settings)
					}
					return e.end, err
				})
			}
			return e.end, err
		})
		switch {
		case err != nil:
			return 0, err
		case kind == 0 && algorithm == headerStripping && scope == ofBlocks:
			t.stripped = settings
		case scope != ofPrivate:
			t.encoded = true
		}
		return encoding.end, nil
	})
	t.encoded = t.encoded || count > 1
	return err
}

// matchStreams finds the stream of each track. libav creates streams in the order of the tracks; it
// returns ErrNotWalkable if the streams differ from that.
func (w *Walker) matchStreams() error {
	stream, isWalkable := 0, true
	for i := range w.tracks {
		t := &w.tracks[i]
		t.stream = -1
		if !hasStream(t.trackType) || t.codec == "" {
			continue
		}
		if stream >= len(w.streams) || w.streams[stream].Type != t.trackType {
			return ErrNotWalkable
		}
		if t.scale != 1 || stream == w.primary && t.encoded {
			isWalkable = false
		}
		t.stream = stream
		stream++
	}
	// Attachments, which have no blocks, follow the tracks.
	for _, s := range w.streams[stream:] {
		if !s.Attached && (s.Type == Video || s.Type == Audio) {
			return ErrNotWalkable
		}
	}
	for _, t := range w.tracks {
		if t.stream == w.primary && isWalkable {
			return nil
		}
	}
	return ErrNotWalkable
}

// HasDecodeTimes reports whether the blocks of a stream have times of decoding, as those of videos that come
// from AVI (ms_compat in libavformat/matroskadec.c). The walk must have read the
// tracks.
func (w *Walker) HasDecodeTimes(stream int) bool {
	for _, t := range w.tracks {
		if t.stream == stream {
			return t.codec == "V_MS/VFW/FOURCC"
		}
	}
	return false
}

// hasStream reports whether libav creates streams for this type of track.
func hasStream(trackType uint64) bool {
	switch trackType {
	case Video, Audio, Subtitle, Metadata:
		return true
	}
	return false
}
