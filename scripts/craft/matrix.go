package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
)

// setMatrix sets the coefficients a, b, c and d of the first tkhd's matrix (ISO/IEC 14496-12, section 8.3.2).
func setMatrix(data []byte, coefficients []string) ([]byte, error) {
	const matrix = 44 // its offset from the type of a box of version 0
	at := bytes.Index(data, []byte("tkhd"))
	if at < 0 || at+matrix+36 > len(data) || data[at+4] != 0 || len(coefficients) != 4 {
		return nil, errors.New("usage: craft matrix IN OUT A B C D, with a tkhd of version 0")
	}
	for i, text := range coefficients {
		n, err := strconv.ParseInt(text, 10, 16)
		if err != nil {
			return nil, err
		}
		offset := at + matrix + 4*[]int{0, 1, 3, 4}[i]
		binary.BigEndian.PutUint32(data[offset:], uint32(n)<<16)
	}
	return data, nil
}
