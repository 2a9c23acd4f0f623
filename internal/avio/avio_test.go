package avio

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// file is a file whose reads are counted, and fail with err unless it is nil.
type file struct {
	content string
	err     error
	reads   int
}

func (f *file) ReadAt(b []byte, at int64) (int, error) {
	f.reads++
	if f.err != nil {
		return 0, f.err
	}
	return strings.NewReader(f.content).ReadAt(b, at)
}

func TestSourceReadsItsSize(t *testing.T) {
	s := NewSource(t.Context(), &file{content: "0123456789"}, 10)
	s.Truncate(6)
	assert.EqualValues(t, 6, s.Size())
	at, err := s.Seek(-4, io.SeekEnd)
	require.NoError(t, err)
	assert.EqualValues(t, 2, at)
	data, err := io.ReadAll(s)
	require.NoError(t, err)
	assert.Equal(t, "2345", string(data))

	shorter := NewSource(t.Context(), &file{content: "01"}, 10)
	data, err = io.ReadAll(shorter)
	require.NoError(t, err)
	assert.Equal(t, "01", string(data))
	assert.NoError(t, shorter.Err())
}

// Masked boxes read as free space, whatever part of them a read begins or ends in.
func TestSourceMasksBoxes(t *testing.T) {
	const content, masked = "....sidx....mdat....sidxsidx", "....skip....mdat....skipsidx"
	for from := range len(content) {
		for to := from + 1; to <= len(content); to++ {
			s := NewSource(t.Context(), &file{content: content}, int64(len(content)))
			s.MaskBoxes([]int64{0, 16})
			b := make([]byte, to-from)
			_, err := s.ReadAt(b, int64(from))
			require.NoError(t, err)
			assert.Equal(t, masked[from:to], string(b))
		}
	}
}

// A cached range is read once. Other bytes come from the file.
// A replaced range reads as the other bytes and then zeros, whatever part of it a read begins or ends in.
func TestSourceReplace(t *testing.T) {
	const content, replaced = "0123456789", "01abc\x00\x00789"
	s := NewSource(t.Context(), &file{content: content}, int64(len(content)))
	for from := range len(content) {
		for to := from + 1; to <= len(content); to++ {
			require.NoError(t, s.Cache(0, 5))
			s.Replace(2, 5, []byte("abc"))
			assert.Nil(t, s.Cached())
			b := make([]byte, to-from)
			_, err := s.ReadAt(b, int64(from))
			require.NoError(t, err)
			assert.Equal(t, replaced[from:to], string(b))
		}
	}
	s.Replace(0, 0, nil)
	data, err := io.ReadAll(s)
	require.NoError(t, err)
	assert.Equal(t, content, string(data))
}

func TestSourceCache(t *testing.T) {
	f := &file{content: "0123456789"}
	s := NewSource(t.Context(), f, 10)
	require.NoError(t, s.Cache(2, 4))
	require.Equal(t, 1, f.reads)
	b := make([]byte, 3)
	_, err := s.ReadAt(b, 3)
	require.NoError(t, err)
	assert.Equal(t, "345", string(b))
	_, err = s.Seek(4, io.SeekStart)
	require.NoError(t, err)
	n, err := s.Read(b)
	require.NoError(t, err)
	assert.Equal(t, "45", string(b[:n]))
	assert.Equal(t, 1, f.reads)

	_, err = s.ReadAt(b, 4) // partly outside of the range
	require.NoError(t, err)
	assert.Equal(t, "456", string(b))
	assert.Equal(t, 2, f.reads)
	s.DropCached()
	_, err = s.ReadAt(b, 3)
	require.NoError(t, err)
	assert.Equal(t, 3, f.reads)

	require.NoError(t, s.Cache(0, maxCached+1))
	assert.Equal(t, 3, f.reads, "the range is too large")
}

// The first error of the file stays until the next operation. The end of the context is an error, too.
func TestSourceErr(t *testing.T) {
	first := errors.New("first")
	f := &file{content: "0123456789", err: first}
	s := NewSource(t.Context(), f, 10)
	_, err := s.Read(make([]byte, 1))
	require.ErrorIs(t, err, first)
	f.err = errors.New("second")
	_, err = s.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, f.err)
	require.ErrorIs(t, s.Cache(0, 1), f.err)
	require.ErrorIs(t, s.Err(), first)

	ctx, cancel := context.WithCancel(t.Context())
	s.Use(ctx)
	require.NoError(t, s.Err())
	cancel()
	require.ErrorIs(t, s.Err(), context.Canceled)
	f.err = nil
	_, err = s.Read(make([]byte, 1))
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.ReadAt(make([]byte, 1), 0)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, s.Context().Err(), context.Canceled)
}

func TestSeekErrors(t *testing.T) {
	s := NewSource(t.Context(), &file{}, 10)
	_, err := s.Seek(-1, io.SeekStart)
	require.Error(t, err)
	_, err = s.Seek(0, 3)
	require.Error(t, err)
	_, err = NewSink(0, 10).Seek(-1, io.SeekCurrent)
	require.Error(t, err)
}

func write(t *testing.T, s *Sink, at int64, text string) {
	t.Helper()
	_, err := s.Seek(at, io.SeekStart)
	require.NoError(t, err)
	n, err := s.Write([]byte(text))
	require.NoError(t, err)
	require.Len(t, text, n)
}

func TestSinkOverwrites(t *testing.T) {
	s := NewSink(4, 100)
	write(t, s, 0, "abcdef")
	write(t, s, 2, "XY")
	write(t, s, 8, "z")
	assert.Equal(t, "abXYef\x00\x00z", string(s.Bytes()))
	assert.EqualValues(t, 9, s.Size())
}

func TestSinkLimit(t *testing.T) {
	s := NewSink(0, 4)
	write(t, s, 0, "abcd")
	_, err := s.Write([]byte("e"))
	require.ErrorIs(t, err, ErrFull)
	_, err = s.Seek(5, io.SeekStart)
	require.ErrorIs(t, err, ErrFull)
	assert.Equal(t, "abcd", string(s.Bytes()))
}

// Dropped bytes count towards the size and the limit. Bytes before them can still be overwritten.
func TestSinkDropFrom(t *testing.T) {
	s := NewSink(0, 10)
	write(t, s, 0, "abcd")
	s.DropFrom(4)
	write(t, s, 4, "efghi")
	write(t, s, 1, "X")
	assert.Equal(t, "aXcd", string(s.Bytes()))
	assert.EqualValues(t, 9, s.Size())
	_, err := s.Seek(0, io.SeekEnd)
	require.NoError(t, err)
	_, err = s.Write([]byte("jk"))
	assert.ErrorIs(t, err, ErrFull)
}

type panickingFile struct{}

func (panickingFile) ReadAt([]byte, int64) (int, error) { panic("read") }

func TestPanicOfAFileIsAnError(t *testing.T) {
	s := NewSource(t.Context(), panickingFile{}, 10)
	_, err := s.Read(make([]byte, 4))
	assert.ErrorContains(t, err, "panic: read")
	assert.Equal(t, err, s.Err())
}
