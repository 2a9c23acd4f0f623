package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"gop/video"
)

// segmentReader is an io.ReadSeeker over the parts of a segment.
type segmentReader struct {
	segment *video.Segment
	source  video.File    // nil if no part of the source is needed
	timeout time.Duration // limits each call of the source
	local   *os.File      // the source if sendfile may read it
	offset  int64
	opened  fs.FileInfo // state of the source when it was opened; nil if the source has no Stat
}

// openSegment returns a reader of s. It opens the source of s unless the method needs no content. ctx limits
// the opening, and timeout each call of the source from then on. The caller closes the reader.
func openSegment(
	ctx context.Context, s *video.Segment, method string, timeout time.Duration,
) (*segmentReader, error) {
	r := &segmentReader{segment: s, timeout: timeout}
	if s.Source == nil || method == http.MethodHead {
		return r, nil
	}
	timings := video.TimingsOf(ctx)
	defer timings.Enter(timings.Enter(video.OpenStage))
	source, err := s.Source(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the video: %w", err)
	}
	r.source, r.local = source, localFile(source)
	if r.opened, err = r.stat(ctx); err != nil {
		r.close()
		return nil, fmt.Errorf("open the video: %w", err)
	}
	return r, nil
}

// stat returns the current state of the source; nil if the source has no Stat.
func (r *segmentReader) stat(ctx context.Context) (fs.FileInfo, error) {
	switch file := r.source.(type) {
	case interface {
		StatContext(ctx context.Context) (fs.FileInfo, error)
	}:
		return file.StatContext(ctx)
	case interface{ Stat() (fs.FileInfo, error) }:
		return file.Stat()
	}
	return nil, nil
}

// localFile returns the source if sendfile may read it: an *os.File of a file system that does not hang. A
// deadline ends a write, but not the read of a file within sendfile. It returns nil otherwise.
func localFile(source video.File) *os.File {
	switch file := source.(type) {
	case *os.File:
		return file
	case interface{ Local() *os.File }:
		return file.Local()
	}
	return nil
}

// checkSource fails with video.ErrChanged if the source changed after it was opened.
func (r *segmentReader) checkSource(ctx context.Context) error {
	if r.opened == nil {
		return nil
	}
	now, err := r.stat(ctx)
	if err == nil && (now.Size() != r.opened.Size() || !now.ModTime().Equal(r.opened.ModTime())) {
		err = video.ErrChanged
	}
	return err
}

// close closes the source.
func (r *segmentReader) close() {
	if r.source != nil {
		_ = r.source.Close() // nothing was written to it
	}
}

// eachPart splits the next n bytes at the boundaries of parts and calls visit for each piece, until one
// fails. A piece is data in memory or, if data is nil, a range of the source. The reader advances by the
// count that visit returns.
func (r *segmentReader) eachPart(
	n int64, visit func(data []byte, offset, length int64) (done int64, err error),
) error {
	start := int64(0)
	for _, p := range r.segment.Parts {
		end := start + p.Size()
		for r.offset < end && n > 0 {
			from, length := r.offset-start, min(end-r.offset, n)
			var data []byte
			if p.Data != nil {
				data = p.Data[from : from+length]
			}
			done, err := visit(data, p.Offset+from, length)
			r.offset += done
			n -= done
			if err != nil {
				return err
			}
		}
		start = end
	}
	return nil
}

// Read implements io.Reader. It fills b from consecutive parts.
func (r *segmentReader) Read(b []byte) (n int, err error) {
	ctx, source := context.Background(), r.source
	if r.local != nil {
		source = r.local
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	readSource := false
	err = r.eachPart(int64(len(b)), func(data []byte, offset, length int64) (int64, error) {
		if data != nil {
			done := copy(b[n:], data)
			n += done
			return int64(done), nil
		}
		readSource = true
		done, err := video.ReadAt(ctx, source, b[n:n+int(length)], offset)
		n += done
		if err == io.EOF && int64(done) == length {
			err = nil
		}
		return int64(done), err
	})
	if readSource {
		if changed := r.checkSource(ctx); changed != nil {
			return 0, errors.Join(err, changed) // b may hold bytes of another version
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return n, io.ErrUnexpectedEOF // the video became shorter
	case err == nil && n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return n, err
}

// Seek implements io.Seeker.
func (r *segmentReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.segment.Size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	r.offset = offset
	return offset, nil
}

// sendfileWriter sends the ranges of a file in a segmentReader by sendfile, without a copy in user space.
type sendfileWriter struct{ http.ResponseWriter }

// ReadFrom implements io.ReaderFrom. http.ServeContent calls it.
func (w sendfileWriter) ReadFrom(src io.Reader) (sent int64, err error) {
	limited, ok := src.(*io.LimitedReader)
	if !ok {
		return io.Copy(w.ResponseWriter, src)
	}
	r, ok := limited.R.(*segmentReader)
	if !ok {
		return io.Copy(w.ResponseWriter, src)
	}
	if r.source != nil && (r.local == nil || r.isScattered()) {
		buffer := copyBuffers.Get().(*[]byte)
		defer copyBuffers.Put(buffer)
		return io.CopyBuffer(struct{ io.Writer }{w.ResponseWriter}, limited, *buffer)
	}
	err = r.eachPart(limited.N, func(data []byte, offset, length int64) (int64, error) {
		n, err := r.send(w.ResponseWriter, data, offset, length)
		sent += n
		return n, err
	})
	limited.N -= sent
	return sent, err
}

// smallRange is the size in bytes below which a range of a file is copied. sendfile takes three system calls
// for each range and wakes the client. Matroska has a range for each packet, mp4 one for each chunk of a
// track.
const smallRange = 32 << 10

// copyBuffers holds the buffers that collect small ranges. A slow client keeps one of them.
var copyBuffers = sync.Pool{New: func() any {
	b := make([]byte, 64<<10)
	return &b
}}

// isScattered reports whether the segment's parts are small on average.
func (r *segmentReader) isScattered() bool {
	return r.segment.Size < smallRange*int64(len(r.segment.Parts))
}

// send writes data, or a range of the source, which must be local, if data is nil.
func (r *segmentReader) send(w io.Writer, data []byte, offset, length int64) (sent int64, err error) {
	if data != nil {
		n, err := w.Write(data)
		return int64(n), err
	}
	if _, err := r.local.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	// The file may change while a slow client reads, so it is checked before each chunk.
	for sent < length && err == nil {
		if err = r.checkSource(context.Background()); err != nil {
			break
		}
		var n int64
		n, err = io.CopyN(w, r.local, min(chunkBytes, length-sent))
		sent += n
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // the video became shorter
	}
	return sent, err
}
