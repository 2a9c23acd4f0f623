package isobmff

import "encoding/binary"

// sizes is the content of the table of sample sizes (stsz and stz2, section 8.7.3).
type sizes struct {
	data  []byte
	width int     // bytes of a size: 1, 2 or 4
	marks []int64 // bytes of the samples before every markStride-th sample
}

// readSizes returns the sizes in an stsz or stz2 box and their number. It reports false if all samples have
// the same size, which for audio libav may take for something else, or if sizes share a byte.
func readSizes(boxes tableBoxes) (s sizes, samples int, ok bool) {
	content, found := boxes["stsz"]
	s.width = 4
	if !found {
		content = boxes["stz2"]
	}
	if len(content) < 12 {
		return sizes{}, 0, false
	}
	fixed := binary.BigEndian.Uint32(content[4:])
	if !found { // the size of a field in bits
		s.width = int(fixed&0xFF) / 8
		fixed = 0
		if w := 8 * s.width; int(content[7]) != w || w != 8 && w != 16 {
			return sizes{}, 0, false
		}
	}
	s.data = content[12:]
	samples = len(s.data) / s.width
	isWhole := int64(binary.BigEndian.Uint32(content[8:]))*int64(s.width) == int64(len(s.data))
	return s, samples, isWhole && fixed == 0 && samples > 0
}

// at returns the size of a sample.
func (s *sizes) at(sample int) int {
	switch s.width {
	case 4:
		return int(binary.BigEndian.Uint32(s.data[4*sample:]))
	case 2:
		return int(binary.BigEndian.Uint16(s.data[2*sample:]))
	}
	return int(s.data[sample])
}

// mark sets the marks and returns the bytes of all samples. It reports false if one is too large.
func (s *sizes) mark(samples int) (total int64, ok bool) {
	s.marks = make([]int64, 0, samples/markStride+1)
	for from := 0; from < samples; from += markStride {
		s.marks = append(s.marks, total)
		largest := 0
		for i := from; i < min(from+markStride, samples); i++ {
			size := s.at(i)
			largest = max(largest, size)
			total += int64(size)
		}
		if largest > maxSampleBytes {
			return 0, false
		}
	}
	return total, true
}

// sum returns the bytes of the samples before a sample.
func (s *sizes) sum(sample int) int64 {
	i := sample / markStride
	total := s.marks[i]
	for at := i * markStride; at < sample; at++ {
		total += int64(s.at(at))
	}
	return total
}
