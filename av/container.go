package av

import (
	"encoding/binary"
	"io"

	"gop/internal/isobmff"

	"github.com/asticode/go-astiav"
)

// container is a file format that gop opens.
type container struct {
	demuxer string // libav's name
	buffer  int    // bytes that are read at a time
	first   int64  // where a transport stream's first packet is
	lead    int64  // how far behind the place that libav tells of one a packet begins
	framed  bool   // it frames the packets and tells their times, so that no parser has to
}

var (
	movContainer      = container{demuxer: "mov", buffer: randomBuffer, framed: true}
	matroskaContainer = container{demuxer: "matroska", buffer: streamBuffer}
	mpegtsContainer   = container{demuxer: "mpegts", buffer: streamBuffer}
)

// sniff chooses the container by the file's first bytes; libav's own probing would also open
// playlists, which name other files. ok is false where it is none that gop opens.
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
		// libav takes what is beyond 188 bytes for the packet's head (handle_packets in
		// libavformat/mpegts.c).
		c.first, c.lead = first, size-188
		return c, true, nil
	}
	return container{}, false, nil
}

// isTransportStream tells whether a sync byte stands at the head of three packets in a row
// (ISO/IEC 13818-1), of 188 bytes, of 192 with a time code before (M2TS), or of 204 with parity
// behind. first is where the first one is, size how many bytes there are from one to the next.
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

// is tells whether c is a kind of container.
func (c container) is(kind container) bool { return c.demuxer == kind.demuxer }

// inputFormat is libav's demuxer for c. The build has all of them.
func (c container) inputFormat() *astiav.InputFormat { return astiav.FindInputFormat(c.demuxer) }
