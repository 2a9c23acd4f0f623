package video

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Cut says what of a video a segment holds.
type Cut struct {
	GOP       int  // zero-based
	NoLeading bool // without the leading pictures, which are not shown anyway
}

// SegmentKey names a segment: two requests that mean the same bytes have the same key.
type SegmentKey struct {
	Name      string // of the video
	Version   string // of the video
	GOP       int    // as in Cut
	NoLeading bool   // as in Cut; false for a GOP that has no leading pictures
}

// Key is the key of a cut out of the video that ix is of; the GOP must be one of ix's.
func (ix *Index) Key(c Cut) SegmentKey {
	return SegmentKey{
		Name: ix.Video.Name, Version: ix.Video.Version,
		GOP: c.GOP, NoLeading: c.NoLeading && ix.GOPs[c.GOP].Leading > 0,
	}
}

// ETag is a strong entity tag (RFC 9110, section 8.8.3), quoted. build names the program that
// makes the bytes: another one may make others.
func (k SegmentKey) ETag(build string) string {
	return ETag(build, "segment", k.Name, k.Version, fmt.Sprint(k.GOP), fmt.Sprint(k.NoLeading))
}

// ETag is a strong entity tag for what the parts determine, quoted.
func ETag(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// Segment is one GOP as a file of its own. It is shared between requests: nobody changes one.
type Segment struct {
	Key         SegmentKey
	ContentType string
	Size        int64 // bytes of all parts
	Parts       []Part
}

// Part is a run of a segment's bytes, in memory.
type Part struct {
	Data []byte
}
