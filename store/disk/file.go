package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// A file has the magic, the SHA-256 of the rest, the length of the key in four bytes, the key, and the entry.
const (
	magic       = "gop store 1\n"
	headerBytes = len(magic) + sha256.Size + 4
)

// encode returns the content of the file of an entry.
func encode(key string, entry []byte) []byte {
	b := make([]byte, len(magic)+sha256.Size, headerBytes+len(key)+len(entry))
	copy(b, magic)
	b = binary.BigEndian.AppendUint32(b, uint32(len(key)))
	b = append(append(b, key...), entry...)
	sum := sha256.Sum256(b[len(magic)+sha256.Size:])
	copy(b[len(magic):], sum[:])
	return b
}

// decode returns the entry of a file. It reports false unless the file is complete and has this key.
func decode(file []byte, key string) ([]byte, bool) {
	if len(file) < headerBytes || !bytes.HasPrefix(file, []byte(magic)) {
		return nil, false
	}
	sum, rest := file[len(magic):][:sha256.Size], file[len(magic)+sha256.Size:]
	if got := sha256.Sum256(rest); !bytes.Equal(got[:], sum) {
		return nil, false
	}
	length, rest := int64(binary.BigEndian.Uint32(rest)), rest[4:]
	if length != int64(len(key)) || !bytes.HasPrefix(rest, []byte(key)) {
		return nil, false
	}
	return rest[len(key):], true
}
