package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
)

// blockHead is the length of track number, time and flags before the frame of a SimpleBlock.
const blockHead = 4

// rebuild rewrites the elements of a Matroska file. change gets each element within a Segment, with the ID of
// its parent, and returns what replaces it. SeekHead and Cues are dropped, since their positions become
// invalid.
func rebuild(data []byte, parent uint32, change func(id, parent uint32, body []byte) []byte) ([]byte, error) {
	var out []byte
	for len(data) > 0 {
		id, body, rest, err := element(data)
		if err != nil {
			return nil, err
		}
		data = rest
		switch id {
		case idSeekHead, idCues:
			continue
		case idSegment, idTracks, idCluster, idTrackEntry, idBlockGroup:
			if body, err = rebuild(body, id, change); err != nil {
				return nil, err
			}
		}
		out = append(out, change(id, parent, body)...)
	}
	return out, nil
}

// early makes the blocks of a Matroska file 50 ms earlier than they are, so that the first ones come before
// 0.
func early(data []byte) ([]byte, error) {
	return rebuild(data, 0, func(id, _ uint32, body []byte) []byte {
		if id == idSimpleBlock || id == idBlock {
			body = bytes.Clone(body)
			binary.BigEndian.PutUint16(body[1:], binary.BigEndian.Uint16(body[1:])-50)
		}
		return encode(id, body)
	})
}

// compress compresses the frames of track 1 with zlib (RFC 9559, section 5.1.4.1.31.6).
func compress(data []byte) ([]byte, error) {
	return rebuild(data, 0, func(id, parent uint32, body []byte) []byte {
		switch {
		case id == idSimpleBlock && body[0] == 0x81:
			var frame bytes.Buffer
			w := zlib.NewWriter(&frame)
			_, _ = w.Write(body[blockHead:])
			_ = w.Close() // a bytes.Buffer returns no error
			body = append(bytes.Clone(body[:blockHead]), frame.Bytes()...)
		case parent == idTrackEntry && id == idTrackNumber && body[len(body)-1] == 1:
			compression := encode(0x5034, encode(0x4254, []byte{0}))
			return append(encode(id, body), encode(idContentEncodings, encode(0x6240, compression))...)
		}
		return encode(id, body)
	})
}

// lace puts each maxFrames blocks of track 2 of a cluster into the first of them, with Xiph lacing (RFC 9559,
// section 10.3.2), as mkvmerge does. Only the first frame then has a time.
func lace(data []byte, maxFrames int) ([]byte, error) {
	laced := 0
	out, err := rebuild(data, 0, func(id, _ uint32, body []byte) []byte {
		if id != idCluster {
			return encode(id, body)
		}
		body, n := laceCluster(body, maxFrames)
		laced += n
		return encode(id, body)
	})
	if err == nil && laced == 0 {
		err = errors.New("no SimpleBlock of track 2")
	}
	return out, err
}

// laceCluster laces the blocks of a cluster and returns the number of laced blocks.
func laceCluster(cluster []byte, maxFrames int) (out []byte, laced int) {
	const xiph = 0x02
	var elements, frames [][]byte
	block := -1 // in elements
	end := func() {
		if len(frames) > 1 {
			body := elements[block]
			head := append(bytes.Clone(body[:blockHead]), byte(len(frames)-1))
			head[blockHead-1] |= xiph
			for _, frame := range frames[:len(frames)-1] {
				head = append(head, bytes.Repeat([]byte{0xFF}, len(frame)/0xFF)...)
				head = append(head, byte(len(frame)%0xFF))
			}
			elements[block] = encode(idSimpleBlock, append(head, bytes.Join(frames, nil)...))
			laced++
		} else if block >= 0 {
			elements[block] = encode(idSimpleBlock, elements[block])
		}
		block, frames = -1, nil
	}
	for len(cluster) > 0 {
		id, body, rest, err := element(cluster)
		if err != nil {
			break // rebuild has parsed it
		}
		cluster = rest
		if id != idSimpleBlock || body[0] != 0x82 {
			elements = append(elements, encode(id, body))
			continue
		}
		if block < 0 {
			block = len(elements)
			elements = append(elements, body)
		}
		if frames = append(frames, body[blockHead:]); len(frames) == maxFrames {
			end()
		}
	}
	end()
	return bytes.Join(elements, nil), laced
}
