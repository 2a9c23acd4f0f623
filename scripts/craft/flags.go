package main

import "errors"

// flagKeys sets the keyframe flag of every SimpleBlock of track 1, as some muxers do (RFC 9559, section
// 10.2).
func flagKeys(data []byte) ([]byte, error) {
	flagged := 0
	var walk func(data []byte) error
	walk = func(data []byte) error {
		for len(data) > 0 {
			id, body, rest, err := element(data)
			if err != nil {
				return err
			}
			switch {
			case id == idSegment || id == idCluster:
				if err := walk(body); err != nil {
					return err
				}
			case id == idSimpleBlock && body[0] == 0x81: // track 1
				body[3] |= 0x80
				flagged++
			}
			data = rest
		}
		return nil
	}
	if err := walk(data); err != nil {
		return nil, err
	}
	if flagged == 0 {
		return nil, errors.New("no SimpleBlock")
	}
	return data, nil
}

// addParity adds 16 bytes to each packet of a transport stream, as DVB's error correction does (ETSI EN 300
// 421, section 4.4.2). Each of them is 0x47, the sync byte.
func addParity(data []byte) ([]byte, error) {
	var out []byte
	for ; len(data) >= 188; data = data[188:] {
		out = append(out, data[:188]...)
		for range 16 {
			out = append(out, 0x47)
		}
	}
	return out, nil
}
