package httpapi

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"

	"gop/video"
)

// segmentReader reads the parts of a segment as one stream of bytes.
type segmentReader struct {
	segment *video.Segment
	source  video.File // nil if no part is read from it
	offset  int64
	opened  fs.FileInfo // of the source when it was opened; nil if it has none
}

// openSegment opens a segment, and the video that it refers to unless the method needs no content. The caller
// closes it.
func openSegment(s *video.Segment, method string) (*segmentReader, error) {
	r := &segmentReader{segment: s}
	if s.Source == nil || method == http.MethodHead {
		return r, nil
	}
	source, err := s.Source()
	if err != nil {
		return nil, fmt.Errorf("open the video: %w", err)
	}
	r.source = source
	r.opened, _ = r.stat()
	return r, nil
}

// stat returns the current state of the source; nil if it has none.
func (r *segmentReader) stat() (fs.FileInfo, error) {
	if file, ok := r.source.(interface{ Stat() (fs.FileInfo, error) }); ok {
		return file.Stat()
	}
	return nil, nil
}

// checkSource fails with video.ErrChanged if the source was written to since it was opened.
func (r *segmentReader) checkSource() error {
	if r.opened == nil {
		return nil
	}
	now, err := r.stat()
	if err == nil && (now.Size() != r.opened.Size() || !now.ModTime().Equal(r.opened.ModTime())) {
		err = video.ErrChanged
	}
	return err
}

func (r *segmentReader) close() {
	if r.source != nil {
		_ = r.source.Close() // it was only read
	}
}

// eachPart calls visit for the part of each of the segment's parts in the next n bytes, and advances by the
// number of bytes that visit returns. data is nil for a range of the source.
func (r *segmentReader) eachPart(n int64, visit func(data []byte, offset, length int64) (int64, error)) error {
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

// Read implements io.Reader. It fills b from as many parts as needed.
func (r *segmentReader) Read(b []byte) (n int, err error) {
	readSource := false
	err = r.eachPart(int64(len(b)), func(data []byte, offset, length int64) (int64, error) {
		if data != nil {
			done := copy(b[n:], data)
			n += done
			return int64(done), nil
		}
		readSource = true
		done, err := r.source.ReadAt(b[n:n+int(length)], offset)
		n += done
		if err == io.EOF && int64(done) == length {
			err = nil
		}
		return int64(done), err
	})
	if readSource {
		if changed := r.checkSource(); changed != nil {
			return 0, errors.Join(err, changed) // bytes of another version are not sent
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return n, io.ErrUnexpectedEOF // the video has become shorter
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

// sendfileWriter sends a segmentReader's ranges of a file by sendfile: from the page cache to the socket,
// without a copy.
type sendfileWriter struct{ http.ResponseWriter }

// ReadFrom implements io.ReaderFrom. http.ServeContent calls it.
func (w sendfileWriter) ReadFrom(from io.Reader) (sent int64, err error) {
	limited, ok := from.(*io.LimitedReader)
	if !ok {
		return io.Copy(w.ResponseWriter, from)
	}
	r, ok := limited.R.(*segmentReader)
	if !ok {
		return io.Copy(w.ResponseWriter, from)
	}
	if r.isScattered() {
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

// smallRange is the size in bytes below which a range of a file is copied rather than sent by sendfile, which
// takes three system calls and wakes the client. Matroska has a range for each packet, mp4 one for each chunk
// of a track.
const smallRange = 32 << 10

// copyBuffers are the buffers that small ranges are gathered in. A slow client holds one of them.
var copyBuffers = sync.Pool{New: func() any {
	b := make([]byte, 64<<10)
	return &b
}}

// isScattered reports whether the segment's parts are small on average.
func (r *segmentReader) isScattered() bool {
	return r.source != nil && r.segment.Size < smallRange*int64(len(r.segment.Parts))
}

// send writes data, or a range of the source if data is nil.
func (r *segmentReader) send(w io.Writer, data []byte, offset, length int64) (sent int64, err error) {
	if data != nil {
		n, err := w.Write(data)
		return int64(n), err
	}
	var from io.Reader
	if file, ok := r.source.(*os.File); ok {
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			return 0, err
		}
		from = file
	} else {
		from = io.NewSectionReader(r.source, offset, length)
	}
	// The client may be slow, and the file may change in the meantime.
	for sent < length && err == nil {
		if err = r.checkSource(); err != nil {
			break
		}
		var n int64
		n, err = io.CopyN(w, from, min(chunkBytes, length-sent))
		sent += n
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // the video has become shorter
	}
	return sent, err
}
