package main

import (
	"bytes"
	"errors"

	"github.com/Eyevinn/mp4ff/mp4"
)

// encryptAudio marks the first audio track of an mp4 as encrypted with a constant initialization vector
// (ISO/IEC 23001-7, section 8.2 and 10.4). The payloads stay as they are.
func encryptAudio(data []byte) ([]byte, error) {
	file, _, err := decode(data)
	if err != nil {
		return nil, err
	}
	for _, track := range file.Moov.Traks {
		entry, ok := track.Mdia.Minf.Stbl.Stsd.Children[0].(*mp4.AudioSampleEntryBox)
		if !ok {
			continue
		}
		information := &mp4.SchiBox{}
		information.AddChild(&mp4.TencBox{
			Version: 1, DefaultIsProtected: 1, DefaultCryptByteBlock: 1, DefaultSkipByteBlock: 9,
			DefaultKID: make(mp4.UUID, 16), DefaultConstantIV: make([]byte, 16),
		})
		scheme := &mp4.SinfBox{}
		scheme.AddChild(&mp4.FrmaBox{DataFormat: entry.Type()})
		scheme.AddChild(&mp4.SchmBox{SchemeType: "cbcs", SchemeVersion: 1 << 16})
		scheme.AddChild(information)
		entry.SetType("enca")
		entry.AddChild(scheme)
		var changed bytes.Buffer
		err := file.Encode(&changed)
		return changed.Bytes(), err
	}
	return nil, errors.New("no audio track")
}
