// Package mpegts recognizes MPEG transport streams (ISO/IEC 13818-1).
package mpegts

// PacketBytes is the size of a packet without a time code and parity.
const PacketBytes = 188

// HeadBytes is the number of bytes of a file's start that FindPackets looks at.
const HeadBytes = 2*204 + 1

// FindPackets finds the packets of the transport stream that starts with head: three consecutive packets must
// start with a sync byte. Packets have 188 bytes, 192 with a time code in front (M2TS), or 204 with parity
// behind. first is the byte offset of the first sync byte, and size the distance between packets in bytes. ok
// is false if head does not start a transport stream.
func FindPackets(head []byte) (first, size int64, ok bool) {
	const syncByte = 0x47
	for _, layout := range []struct{ first, size int }{{0, PacketBytes}, {4, 192}, {0, 204}} {
		inStep := true
		for i := range 3 {
			at := layout.first + i*layout.size
			inStep = inStep && at < len(head) && head[at] == syncByte
		}
		if inStep {
			return int64(layout.first), int64(layout.size), true
		}
	}
	return 0, 0, false
}
