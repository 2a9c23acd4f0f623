package video

// Index describes a video's tracks and the GOPs of one video track. A listing needs nothing else; a segment
// also needs the video's bytes. Requests share an Index: it must not be changed.
type Index struct {
	Video                 Video
	Description           Description // of the whole file
	Tracks                []Track     // video and audio tracks, in the order of their streams
	Primary               int         // index into Tracks of the video track that the GOPs belong to
	DefaultAudio          int         // index into Tracks of the default audio track; -1 if there is none
	GOPs                  GOPList     // at least one
	PacketsBeforeFirstKey int         // packets of the primary track that belong to no GOP
	Scanned               bool        // the whole file was read, because its container has no index

	// KeysUnread says that keyframes were not read: the GOPs lack KeyType, Closed unless no frame is leading,
	// Width and Height. All else is as in an index with them.
	KeysUnread bool

	// Shift was added to the times of a file that starts before 0, see StartAtZero. It is in the time base of
	// the primary track.
	Shift Ticks
}

// Track returns the primary track.
func (ix *Index) Track() Track { return ix.Tracks[ix.Primary] }

// TrackAt returns the primary track with the size of the frames of GOP n.
func (ix *Index) TrackAt(n int) Track {
	t := ix.Track()
	if g := ix.GOPs.At(n); g.Width > 0 {
		t.Width, t.Height = g.Width, g.Height
	}
	return t
}

// TrackIndex returns the index into Tracks of the n-th track of a kind, counted from 1, or -1 if there is
// none.
func (ix *Index) TrackIndex(kind TrackKind, n int) int {
	for i, t := range ix.Tracks {
		if t.Kind == kind {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// CountTracks returns the number of tracks of a kind.
func (ix *Index) CountTracks(kind TrackKind) int {
	n := 0
	for _, t := range ix.Tracks {
		if t.Kind == kind {
			n++
		}
	}
	return n
}

// AudioUnsupported returns the reason why segments with default audio have none although the video has audio.
// It is "" if they have audio, or if the video has none.
func (ix *Index) AudioUnsupported() string {
	if ix.DefaultAudio < 0 {
		return ""
	}
	return ix.Tracks[ix.DefaultAudio].Unsupported
}

// Frames returns the number of packets of all GOPs.
func (ix *Index) Frames() int {
	n := 0
	for _, g := range ix.GOPs.All() {
		n += g.Frames
	}
	return n
}

// Duration returns the time from the start of the first GOP to the end of the last GOP that no edit list
// trims, in the primary track's time base.
func (ix *Index) Duration() Ticks {
	first, last := 0, ix.GOPs.Len()-1
	for first <= last && ix.GOPs.At(first).Trimmed {
		first++
	}
	for last > first && ix.GOPs.At(last).Trimmed {
		last--
	}
	if first > last {
		return 0
	}
	return ix.GOPs.At(last).End - ix.GOPs.At(first).Start
}

// Presented returns the numbers of the GOPs that no edit list trims as a whole.
func (ix *Index) Presented() (numbers []int) {
	for i, g := range ix.GOPs.All() {
		if !g.Trimmed {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// Summary is the part of an index that stays in memory when the index itself is evicted.
type Summary struct {
	Track        Track  // primary track
	AudioCodec   string // codec of the default audio track; "" if segments have no audio
	GOPs, Frames int    // numbers of them
	Duration     Ticks  // in the track's time base
}

// Summary returns the summary of ix.
func (ix *Index) Summary() Summary {
	s := Summary{Track: ix.Track(), GOPs: ix.GOPs.Len(), Frames: ix.Frames(), Duration: ix.Duration()}
	if ix.DefaultAudio >= 0 && ix.AudioUnsupported() == "" {
		s.AudioCodec = ix.Tracks[ix.DefaultAudio].Codec
	}
	return s
}

// Catalog lists the videos of a library. Requests share a Catalog: it must not be changed.
type Catalog struct {
	Entries []Entry // ordered by the parts of the names
	More    bool    // the library has more videos than these
	Pending int     // number of entries that are Pending
	Version string  // strong validator of the other fields
}

// Entry is a video in a Catalog. It has a Summary, or an Err that explains why there is none. It
// has neither until the video is indexed.
type Entry struct {
	Video   Video
	Summary *Summary
	Err     error
	Pending bool // the video will be indexed
}
