package matroska

import (
	"bytes"
)

// matroskaTrack is what a TrackEntry says of how its blocks are to be read.
type Track struct {
	stream          int // libav's
	number          uint64
	trackType       uint64
	codec           string
	defaultDuration uint64 // ns
	codecDelay      uint64 // ns
	scale           float64
	stripped        []byte // what stands before each payload, and is stored here alone
	encoded         bool   // in any other way
}

// The types of tracks that libav makes streams of: RFC 9559, section 5.1.4.1.3.
const (
	Video    = 1
	Audio    = 2
	Subtitle = 17
	Metadata = 33
)

func (w *Walker) readTracks(tracks element) error {
	_, err := w.each(tracks.body, tracks.end, func(e element) (int64, error) {
		if e.id != idTrackEntry {
			return e.end, nil
		}
		t := Track{scale: 1}
		err := w.readTrack(e, &t)
		w.tracks = append(w.tracks, t)
		return e.end, err
	})
	return err
}

func (w *Walker) readTrack(entry element, t *Track) error {
	_, err := w.each(entry.body, entry.end, func(e element) (_ int64, err error) {
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

// readEncodings reads how the track's payloads were changed for storage (RFC 9559, section
// 5.1.4.1.31). What was taken off their fronts is told from the outside; nothing else is.
func (w *Walker) readEncodings(encodings element, t *Track) error {
	const headerStripping, ofBlocks, ofPrivate = 3, 1, 2
	count := 0
	_, err := w.each(encodings.body, encodings.end, func(encoding element) (int64, error) {
		if encoding.id != idContentEncoding {
			return encoding.end, nil
		}
		count++
		scope, kind, algorithm := uint64(ofBlocks), uint64(0), uint64(0)
		var settings []byte
		_, err := w.each(encoding.body, encoding.end, func(e element) (_ int64, err error) {
			switch e.id {
			case idEncodingScope:
				scope, err = w.uint(e)
			case idEncodingType:
				kind, err = w.uint(e)
			case idCompression:
				_, err = w.each(e.body, e.end, func(e element) (_ int64, err error) {
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

// match finds libav's stream for each track: it makes them in the tracks' order. Where anything
// speaks against that, the blocks cannot be walked.
func (w *Walker) match() error {
	stream := 0
	for i := range w.tracks {
		t := &w.tracks[i]
		t.stream = -1
		if !isStreamKind(t.trackType) || t.codec == "" {
			continue
		}
		if stream >= len(w.streams) || w.streams[stream].Type != t.trackType {
			return ErrNotWalkable
		}
		if t.scale != 1 || stream == w.primary && t.encoded {
			return ErrNotWalkable
		}
		t.stream = stream
		stream++
	}
	// Behind the tracks come attachments, which have no blocks.
	for _, s := range w.streams[stream:] {
		if !s.Attached && (s.Type == Video || s.Type == Audio) {
			return ErrNotWalkable
		}
	}
	for _, t := range w.tracks {
		if t.stream == w.primary {
			return nil
		}
	}
	return ErrNotWalkable
}

// isStreamKind tells whether libav makes streams of such tracks.
func isStreamKind(kind uint64) bool {
	switch kind {
	case Video, Audio, Subtitle, Metadata:
		return true
	}
	return false
}
