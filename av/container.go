package av

import (
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/isobmff"
	"gop/internal/matroska"
	"gop/internal/mpegts"
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
	head, err := readHead(file, mpegts.HeadBytes)
	if err != nil {
		return container{}, false, err
	}
	switch {
	case isobmff.IsFirstBox(head):
		return movContainer, true, nil
	case matroska.IsFirstElement(head):
		return matroskaContainer, true, nil
	}
	first, size, ok := mpegts.FindPackets(head)
	if !ok {
		if head, err = readHead(file, mpegts.SearchBytes); err != nil {
			return container{}, false, err
		}
		if first, size, ok = mpegts.SearchPackets(head); !ok {
			return container{}, false, nil
		}
	}
	c = mpegtsContainer
	// libav takes the bytes beyond 188 for a header (handle_packets in libavformat/mpegts.c).
	c.first, c.lead = first, size-mpegts.PacketBytes
	return c, true, nil
}

// readHead reads the first n bytes of the file, or all if it has fewer.
func readHead(file io.ReaderAt, n int) ([]byte, error) {
	head := make([]byte, n)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return head[:n], nil
}

// is reports whether c and kind are the same format.
func (c container) is(kind container) bool { return c.demuxer == kind.demuxer }

// inputFormat returns libav's demuxer for c.
func (c container) inputFormat() *astiav.InputFormat { return astiav.FindInputFormat(c.demuxer) }
