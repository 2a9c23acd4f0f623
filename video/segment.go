package video

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// SegmentKey names a segment: two requests that mean the same bytes have the same key.
type SegmentKey struct {
	Name    string // of the video
	Version string // of the video
	GOP     int    // zero-based
}

// ETag is a strong entity tag (RFC 9110, section 8.8.3), quoted. build names the program that
// makes the bytes: another one may make others.
func (k SegmentKey) ETag(build string) string {
	return ETag(build, "segment", k.Name, k.Version, fmt.Sprint(k.GOP))
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
