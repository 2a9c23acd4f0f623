package media

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// countedReader counts its reads.
type countedReader struct {
	io.ReaderAt
	reads int
	bytes int64
}

func (r *countedReader) ReadAt(b []byte, at int64) (int, error) {
	r.reads++
	r.bytes += int64(len(b))
	return r.ReaderAt.ReadAt(b, at)
}

func TestWindow(t *testing.T) {
	data := make([]byte, 8<<20)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	for name, c := range map[string]struct {
		step     int // from one header to the next
		reads    int // at most
		overhead int // bytes that are read for each header, at most
	}{
		"headers one after the other": {16, 80, 17},
		"small payloads":              {4000, 80, 4100},
		"payloads to skip":            {100_000, 84, 1024},
	} {
		t.Run(name, func(t *testing.T) {
			r := &countedReader{ReaderAt: bytes.NewReader(data)}
			w := NewWindow(r, int64(len(data)), 1024)
			headers := 0
			for at := 0; at < len(data); at += c.step {
				got, err := w.Bytes(int64(at), 16)
				require.NoError(t, err)
				require.True(t, bytes.Equal(data[at:min(at+16, len(data))], got))
				headers++
			}
			assert.LessOrEqual(t, r.reads, c.reads)
			assert.LessOrEqual(t, r.bytes, int64(headers*c.overhead))
		})
	}
	w := NewWindow(bytes.NewReader(data), int64(len(data)), 1024)
	for range 1000 {
		at, n := random.Int64N(int64(len(data))), random.IntN(3000)
		want := data[at:min(at+int64(n), int64(len(data)))]
		got, err := w.Bytes(at, n)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got))
		read := make([]byte, n)
		got2, err := w.ReadAt(read, at)
		require.True(t, bytes.Equal(want, read[:got2]))
		assert.Equal(t, got2 < n, err == io.EOF)
	}
}
