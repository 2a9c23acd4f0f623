package video

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// IndexFormat is the version of MarshalBinary's encoding and of what indexes contain. It is raised when an
// index of the same video would differ from one that an earlier program stored.
const IndexFormat = 2

// encodedIndex is the part of an index that is encoded as JSON.
type encodedIndex struct {
	Description           Description
	Tracks                []Track
	Primary               int
	DefaultAudio          int
	PacketsBeforeFirstKey int
	Scanned               bool
	KeysUnread            bool
	Shift                 Ticks
}

// MarshalBinary encodes everything except Video: IndexFormat and the length of the JSON as varints, the
// JSON, and the packed GOPs.
func (ix *Index) MarshalBinary() ([]byte, error) {
	fields, err := json.Marshal(encodedIndex{
		ix.Description, ix.Tracks, ix.Primary, ix.DefaultAudio, ix.PacketsBeforeFirstKey, ix.Scanned,
		ix.KeysUnread, ix.Shift,
	})
	if err != nil {
		return nil, fmt.Errorf("encode an index: %w", err)
	}
	gops, err := ix.GOPs.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, 2*binary.MaxVarintLen64+len(fields)+len(gops))
	b = binary.AppendUvarint(b, IndexFormat)
	b = binary.AppendUvarint(b, uint64(len(fields)))
	return append(append(b, fields...), gops...), nil
}

// UnmarshalBinary replaces everything except Video. It fails if b has another IndexFormat, or describes an
// index that no video has. The bytes may be hostile.
func (ix *Index) UnmarshalBinary(b []byte) error {
	format, n := binary.Uvarint(b)
	if n <= 0 || format != IndexFormat {
		return errors.New("an index of another format")
	}
	b = b[n:]
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return errors.New("an incomplete index")
	}
	b = b[n:]
	var fields encodedIndex
	if err := json.Unmarshal(b[:length], &fields); err != nil {
		return fmt.Errorf("decode an index: %w", err)
	}
	decoded := Index{
		Video: ix.Video, Description: fields.Description, Tracks: fields.Tracks, Primary: fields.Primary,
		DefaultAudio: fields.DefaultAudio, PacketsBeforeFirstKey: fields.PacketsBeforeFirstKey,
		Scanned: fields.Scanned, KeysUnread: fields.KeysUnread, Shift: fields.Shift,
	}
	if err := decoded.GOPs.UnmarshalBinary(b[length:]); err != nil {
		return err
	}
	if !decoded.isConsistent() {
		return errors.New("an inconsistent index")
	}
	*ix = decoded
	return nil
}

// isConsistent reports whether the fields have values that an index may have.
func (ix *Index) isConsistent() bool {
	is := func(i int, kind TrackKind) bool {
		return i >= 0 && i < len(ix.Tracks) && ix.Tracks[i].Kind == kind
	}
	if !is(ix.Primary, VideoTrack) || ix.DefaultAudio != -1 && !is(ix.DefaultAudio, AudioTrack) {
		return false
	}
	for _, t := range ix.Tracks {
		if !t.TimeBase.Known() || t.Width < 0 || t.Height < 0 {
			return false
		}
	}
	for i, g := range ix.GOPs.All() {
		if g.Number != i || g.Frames <= 0 || min(g.Bytes, int64(g.Leading), int64(g.KeySize)) < 0 ||
			min(g.FirstPos, g.KeyPos) < -1 || min(g.Width, g.Height) < 0 {
			return false
		}
	}
	return ix.GOPs.Len() > 0 && ix.PacketsBeforeFirstKey >= 0
}
