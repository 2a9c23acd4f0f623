package av

import (
	"io"

	"github.com/asticode/go-astiav"

	"gop/internal/isobmff"
	"gop/internal/matroska"
	"gop/internal/mpegts"
	"gop/internal/sniff"
)

// container is a container format.
type container struct {
	demuxer string // libav's name
	buffer  int    // bytes per read
	first   int64  // byte offset of a transport stream's first packet
	lead    int64  // bytes from the position that libav reports of a packet to its start
	framed  bool   // it stores frames and times, so that packets need no parser
	byBytes bool   // libav reads on from the byte offset of any packet
	sparse  bool   // some frames have no PTS

	decodeTimes bool // it stores only times of decoding
}

var (
	movContainer      = container{demuxer: "mov", buffer: randomBuffer, framed: true}
	matroskaContainer = container{demuxer: "matroska", buffer: streamBuffer}
	mpegtsContainer   = container{demuxer: "mpegts", buffer: streamBuffer, byBytes: true}
)

// scanned are the containers that are read as a whole for the index, by libav only.
var scanned = map[sniff.Format]container{
	sniff.AVI:    {demuxer: "avi", buffer: streamBuffer, decodeTimes: true},
	sniff.FLV:    {demuxer: "flv", buffer: streamBuffer, byBytes: true},
	sniff.MPEGPS: {demuxer: "mpeg", buffer: streamBuffer, byBytes: true, sparse: true},
	sniff.ASF:    {demuxer: "asf", buffer: streamBuffer, decodeTimes: true},
	sniff.MXF:    {demuxer: "mxf", buffer: streamBuffer, sparse: true},
	sniff.Ogg:    {demuxer: "ogg", buffer: streamBuffer},
}

// containerOf chooses the container by the file's first bytes. libav's probing would also open playlists,
// which name other files. ok is false for other containers.
func containerOf(file io.ReaderAt) (c container, ok bool, err error) {
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
	if c, ok := scanned[sniff.FormatOf(head)]; ok {
		return c, true, nil
	}
	if first, size, ok := mpegts.FindPackets(head); ok {
		return transportStream(first, size), true, nil
	}
	if head, err = readHead(file, max(mpegts.SearchBytes, sniff.SearchBytes)); err != nil {
		return container{}, false, err
	}
	if first, size, ok := mpegts.SearchPackets(head); ok {
		return transportStream(first, size), true, nil
	}
	c, ok = scanned[sniff.Search(head)]
	return c, ok, nil
}

// transportStream returns the container of a transport stream.
func transportStream(first, size int64) container {
	c := mpegtsContainer
	// libav takes the bytes beyond 188 for a header (handle_packets in libavformat/mpegts.c).
	c.first, c.lead = first, size-mpegts.PacketBytes
	return c
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

// containerNames lists the containers for people.
const containerNames = "mp4, mov, Matroska, WebM, MPEG-TS, MPEG-PS, AVI, FLV, ASF, MXF or Ogg"

// is reports whether c and kind are the same format.
func (c container) is(kind container) bool { return c.demuxer == kind.demuxer }

// isScanned reports whether c is one of the containers that only libav reads.
func (c container) isScanned() bool {
	switch c.demuxer {
	case movContainer.demuxer, matroskaContainer.demuxer, mpegtsContainer.demuxer:
		return false
	}
	return true
}

// inputFormat returns libav's demuxer for c.
func (c container) inputFormat() *astiav.InputFormat { return astiav.FindInputFormat(c.demuxer) }
