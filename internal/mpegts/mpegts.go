// Package mpegts recognizes MPEG transport streams (ISO/IEC 13818-1).
package mpegts

// PacketBytes is the size of a packet without a time code and parity.
const PacketBytes = 188

// maxPacketBytes is the size of the longest packets, those with parity.
const maxPacketBytes = 204

// HeadBytes is the number of bytes of a file's start that FindPackets looks at.
const HeadBytes = 2*maxPacketBytes + 1

// SearchBytes is the number of bytes of a file's start that SearchPackets looks at. Packets must start in the
// first 64 KiB, where libav's demuxer also gives up (MAX_RESYNC_SIZE in libavformat/mpegts.c).
const SearchBytes = maxOffset + maxPacketBytes*(searchedPackets-1) + 1

const (
	maxOffset       = 64 << 10
	searchedPackets = 6
	syncByte        = 0x47
)

// FindPackets finds the packets of the transport stream that starts with head: three consecutive packets must
// start with a sync byte. Packets have 188 bytes, 192 with a time code in front (M2TS), or 204 with parity
// behind. first is the byte offset of the first sync byte, and size the distance between packets in bytes. ok
// is false if head does not start a transport stream.
func FindPackets(head []byte) (first, size int64, ok bool) {
	for _, layout := range []struct{ first, size int }{{0, PacketBytes}, {4, 192}, {0, maxPacketBytes}} {
		if inStep(head, layout.first, layout.size, 3) {
			return int64(layout.first), int64(layout.size), true
		}
	}
	return 0, 0, false
}

// SearchPackets is FindPackets for a file that starts with other bytes, such as the rest of a packet: the
// packets start at the first byte offset where six consecutive ones have a sync byte.
func SearchPackets(head []byte) (first, size int64, ok bool) {
	for at := range min(len(head), maxOffset) {
		for _, size := range []int{PacketBytes, 192, maxPacketBytes} {
			if inStep(head, at, size, searchedPackets) {
				return int64(at), int64(size), true
			}
		}
	}
	return 0, 0, false
}

// inStep reports whether n consecutive packets of size bytes from a byte offset on start with a sync byte.
func inStep(head []byte, first, size, n int) bool {
	for i := range n {
		if at := first + i*size; at >= len(head) || head[at] != syncByte {
			return false
		}
	}
	return true
}
