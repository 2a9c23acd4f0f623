package main

import (
	"bytes"
	"encoding/binary"
)

// vfw gives the video of track 1 of a Matroska file the codec of an AVI file, with
// 25 frames a second. The time of a block is then that of decoding.
func vfw(data []byte, fourCC string) ([]byte, error) {
	const frame = 40 // ms
	clusterTime, blocks, isVideo := 0, 0, false
	return rebuild(data, 0, func(id, _ uint32, body []byte) []byte {
		switch {
		case id == idTimestamp:
			clusterTime = 0
			for _, b := range body {
				clusterTime = clusterTime<<8 | int(b)
			}
		case id == idCodecID:
			if isVideo = bytes.HasPrefix(body, []byte("V_")); isVideo {
				body = []byte("V_MS/VFW/FOURCC")
			}
		case id == idCodecPrivate && isVideo: // a BITMAPINFOHEADER and the codec's configuration
			header := make([]byte, 40)
			binary.LittleEndian.PutUint32(header, uint32(len(header)+len(body)))
			binary.LittleEndian.PutUint16(header[14:], 24)
			copy(header[16:], fourCC)
			body = append(header, body...)
		case (id == idSimpleBlock || id == idBlock) && body[0] == 0x81:
			body = bytes.Clone(body)
			binary.BigEndian.PutUint16(body[1:], uint16(blocks*frame-clusterTime))
			blocks++
		}
		return encode(id, body)
	})
}
