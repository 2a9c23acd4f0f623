package bitstream

// bitReader reads bits. Every bit past the end of data is 1.
type bitReader struct {
	data []byte
	pos  int // bits
}

func (b *bitReader) bit() uint32 {
	if b.pos/8 >= len(b.data) {
		return 1
	}
	bit := b.data[b.pos/8] >> (7 - b.pos%8) & 1
	b.pos++
	return uint32(bit)
}

// expGolomb reads an Exp-Golomb-coded number (ITU-T H.264, section 9.1).
func (b *bitReader) expGolomb() uint32 {
	zeros := 0
	for b.bit() == 0 && zeros < 31 {
		zeros++
	}
	value := uint32(1)
	for range zeros {
		value = value<<1 | b.bit()
	}
	return value - 1
}

// signedExpGolomb reads a signed Exp-Golomb-coded number (ITU-T H.264, section 9.1.1).
func (b *bitReader) signedExpGolomb() int {
	n := int(b.expGolomb())
	if n&1 == 0 {
		return -(n / 2)
	}
	return n/2 + 1
}

// bits reads a number of at most 32 bits.
func (b *bitReader) bits(count int) uint32 {
	value := uint32(0)
	for range count {
		value = value<<1 | b.bit()
	}
	return value
}

func (b *bitReader) skip(count int) { b.pos += count }
