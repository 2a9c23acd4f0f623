package av

import (
	"encoding/binary"
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/isobmff"
)

// container is a container format.
type container struct {
	demuxer string // libav's name
	buffer  int    // bytes per read
	first   int64  // byte offset of a transport stream's first packet
	lead    int64  // bytes from the position that libav reports of a packet to its start
	framed  bool   // it stores frames and times, so that packets need no parser
}

var (
	movContainer      = container{demuxer: "mov", buffer: randomBuffer, framed: true}
	matroskaContainer = container{demuxer: "matroska", buffer: streamBuffer}
	mpegtsContainer   = container{demuxer: "mpegts", buffer: streamBuffer}
)

// sniff chooses the container by the file's first bytes. libav's probing would also open playlists, which
// name other files. ok is false for other containers.
func sniff(file io.ReaderAt) (c container, ok bool, err error) {
	head := make([]byte, 4*204+1)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return container{}, false, err
	}
	head = head[:n]
	switch {
	case isobmff.IsFirstBox(head):
		return movContainer, true, nil
	case len(head) >= 4 && binary.BigEndian.Uint32(head) == 0x1A45DFA3: // EBML, RFC 8794
		return matroskaContainer, true, nil
	}
	if first, size, ok := isTransportStream(head); ok {
		c = mpegtsContainer
		// libav takes the bytes beyond 188 for a header (handle_packets in libavformat/mpegts.c).
		c.first, c.lead = first, size-188
		return c, true, nil
	}
	return container{}, false, nil
}

// isTransportStream reports whether three consecutive packets start with a sync byte (ISO/IEC 13818-1).
// Packets have 188 bytes, 192 with a time code in front (M2TS), or 204 with parity behind. first is the
// byte offset of the first packet, and size the distance between packets.
func isTransportStream(head []byte) (first, size int64, ok bool) {
	for _, layout := range []struct{ first, size int }{{0, 188}, {4, 192}, {0, 204}} {
		inStep := true
		for i := range 3 {
			at := layout.first + i*layout.size
			inStep = inStep && at < len(head) && head[at] == 0x47
		}
		if inStep {
			return int64(layout.first), int64(layout.size), true
		}
	}
	return 0, 0, false
}

// is reports whether c and kind are the same format.
func (c container) is(kind container) bool { return c.demuxer == kind.demuxer }

// inputFormat returns libav's demuxer for c.
func (c container) inputFormat() *astiav.InputFormat { return astiav.FindInputFormat(c.demuxer) }
