package av_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// mutate damages a copy of data in a random way, and describes the damage.
func mutate(random *rand.Rand, data []byte) ([]byte, string) {
	data = bytes.Clone(data)
	// Half of the damage is in the tables of an mp4.
	offset := func() int {
		if at := bytes.Index(data, []byte("moov")); at > 0 && random.IntN(2) == 0 {
			return at + random.IntN(len(data)-at)
		}
		return random.IntN(len(data))
	}
	switch random.IntN(7) {
	case 0:
		flips := 1 + random.IntN(20)
		for range flips {
			data[offset()] ^= 1 << random.IntN(8)
		}
		return data, fmt.Sprintf("%d bits flipped", flips)
	case 1:
		length := random.IntN(len(data))
		return data[:length], fmt.Sprintf("cut off at %d", length)
	case 2:
		at := max(min(offset(), len(data)-4), 0)
		return data, put(random, data, at)
	case 3:
		length := 1 + random.IntN(200)
		from, to := random.IntN(max(len(data)-length, 1)), random.IntN(max(len(data)-length, 1))
		copy(data[to:], data[from:min(from+length, len(data))])
		return data, fmt.Sprintf("%d bytes of %d at %d", length, from, to)
	case 4:
		if swapped, what, ok := swapPieces(random, data); ok {
			return swapped, what
		}
	case 5:
		if at, ok := tableIn(random, data); ok {
			return data, put(random, data, at)
		}
	}
	at := offset()
	end := min(at+1+random.IntN(2000), len(data))
	return append(data[:at:at], data[end:]...), fmt.Sprintf("without %d to %d", at, end)
}

// put writes a 32-bit number, likely an extreme one, at a byte offset, and describes the damage.
func put(random *rand.Rand, data []byte, at int) string {
	number := []uint32{0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random.Uint32()}[random.IntN(6)]
	binary.BigEndian.PutUint32(data[at:], number)
	return fmt.Sprintf("%#x at %d", number, at)
}

// tableIn returns the byte offset of the entry count of a random table of an mp4. It reports false if there
// is none.
func tableIn(random *rand.Rand, data []byte) (at int, ok bool) {
	var found []int
	for _, name := range []string{
		"stsd", "stts", "ctts", "stsc", "stsz", "stss", "stco", "elst", "trun", "sidx", "tfra", "dref",
	} {
		for from := 0; ; {
			i := bytes.Index(data[from:], []byte(name))
			if i < 0 {
				break
			}
			from += i + 4
			for _, field := range []int{4, 8} { // after version and flags; stsz has another field first
				if from+field+4 <= len(data) {
					found = append(found, from+field)
				}
			}
		}
	}
	if len(found) == 0 {
		return 0, false
	}
	return found[random.IntN(len(found))], true
}

// swapPieces swaps two boxes of an mp4 that have the same parent, or two packets of a transport stream. It
// reports false if there are fewer than two.
func swapPieces(random *rand.Rand, data []byte) (swapped []byte, what string, ok bool) {
	var pieces [][2]int // from and to
	if data[0] == 0x47 {
		for at := 0; at+188 <= len(data); at += 188 {
			pieces = append(pieces, [2]int{at, at + 188})
		}
	} else {
		pieces = boxesIn(random, data, 0, len(data))
	}
	if len(pieces) < 2 {
		return nil, "", false
	}
	i := random.IntN(len(pieces) - 1)
	j := i + 1 + random.IntN(len(pieces)-i-1)
	a, b := pieces[i], pieces[j]
	swapped = append(swapped, data[:a[0]]...)
	swapped = append(swapped, data[b[0]:b[1]]...)
	swapped = append(swapped, data[a[1]:b[0]]...)
	swapped = append(swapped, data[a[0]:a[1]]...)
	swapped = append(swapped, data[b[1]:]...)
	return swapped, fmt.Sprintf("%d to %d and %d to %d swapped", a[0], a[1], b[0], b[1]), true
}

// boxesIn returns the byte offsets of the boxes from one byte offset to another, or at random those inside
// one of these boxes.
func boxesIn(random *rand.Rand, data []byte, from, to int) [][2]int {
	var boxes [][2]int
	var parents [][2]int
	for at := from; at+8 <= to; {
		size := int(binary.BigEndian.Uint32(data[at:]))
		if size < 8 || size > to-at {
			break
		}
		boxes = append(boxes, [2]int{at, at + size})
		switch string(data[at+4 : at+8]) {
		case "moov", "trak", "mdia", "minf", "stbl", "moof", "traf", "edts", "mvex":
			parents = append(parents, [2]int{at + 8, at + size})
		}
		at += size
	}
	if len(parents) > 0 && random.IntN(3) > 0 {
		parent := parents[random.IntN(len(parents))]
		return boxesIn(random, data, parent[0], parent[1])
	}
	return boxes
}
