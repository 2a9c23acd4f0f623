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

// content reads the parts of a segment as one.
type content struct {
	segment *video.Segment
	source  video.File // nil where no part is read from it
	offset  int64
	begun   fs.FileInfo // what the source was when it was opened; nil where it does not tell
}

// open opens what the segment refers to, unless nothing of it will be read. Who opened it closes it.
func open(s *video.Segment, method string) (*content, error) {
	c := &content{segment: s}
	if s.Source == nil || method == http.MethodHead {
		return c, nil
	}
	source, err := s.Source()
	if err != nil {
		return nil, fmt.Errorf("open the video: %w", err)
	}
	c.source = source
	c.begun, _ = c.stat()
	return c, nil
}

// stat is what the source is now, nil where it does not tell.
func (c *content) stat() (fs.FileInfo, error) {
	if file, ok := c.source.(interface{ Stat() (fs.FileInfo, error) }); ok {
		return file.Stat()
	}
	return nil, nil
}

// check is an error where the source has been written to since it was opened: what it has now is of
// no version. It was the right one then.
func (c *content) check() error {
	if c.begun == nil {
		return nil
	}
	now, err := c.stat()
	if err == nil && (now.Size() != c.begun.Size() || !now.ModTime().Equal(c.begun.ModTime())) {
		err = video.ErrChanged
	}
	return err
}

func (c *content) close() {
	if c.source != nil {
		_ = c.source.Close() // it was only read
	}
}

// each visits the pieces of the next n bytes, each of one part, and moves on by what visit says that
// it has done of them.
func (c *content) each(n int64, visit func(data []byte, offset, length int64) (int64, error)) error {
	start := int64(0)
	for _, p := range c.segment.Parts {
		end := start + p.Size()
		for c.offset < end && n > 0 {
			from, length := c.offset-start, min(end-c.offset, n)
			var data []byte
			if p.Data != nil {
				data = p.Data[from : from+length]
			}
			done, err := visit(data, p.Offset+from, length)
			c.offset += done
			n -= done
			if err != nil {
				return err
			}
		}
		start = end
	}
	return nil
}

// Read fills b from as many parts as it takes.
func (c *content) Read(b []byte) (n int, err error) {
	isRead := false // from the source
	err = c.each(int64(len(b)), func(data []byte, offset, length int64) (int64, error) {
		if data != nil {
			done := copy(b[n:], data)
			n += done
			return int64(done), nil
		}
		isRead = true
		done, err := c.source.ReadAt(b[n:n+int(length)], offset)
		n += done
		if err == io.EOF && int64(done) == length {
			err = nil
		}
		return int64(done), err
	})
	if isRead {
		if changed := c.check(); changed != nil {
			return 0, errors.Join(err, changed) // none of it goes out
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

// Seek sets where the next Read begins.
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.offset
	case io.SeekEnd:
		offset += c.segment.Size
	}
	if offset < 0 {
		return 0, errors.New("seek before the start")
	}
	c.offset = offset
	return offset, nil
}

// sender is an answer that takes files as they are: what a content has of one goes from the disk's
// cache to the socket, and is not copied in between (sendfile).
type sender struct{ http.ResponseWriter }

// ReadFrom is where http.ServeContent hands over what it sends.
func (s sender) ReadFrom(r io.Reader) (sent int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(s.ResponseWriter, r)
	}
	c, ok := limited.R.(*content)
	if !ok {
		return io.Copy(s.ResponseWriter, r)
	}
	if c.isScattered() {
		buffer := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		return io.CopyBuffer(struct{ io.Writer }{s.ResponseWriter}, limited, *buffer)
	}
	err = c.each(limited.N, func(data []byte, offset, length int64) (int64, error) {
		n, err := c.send(s.ResponseWriter, data, offset, length)
		sent += n
		return n, err
	})
	limited.N -= sent
	return sent, err
}

// smallPiece is how large a piece of a video is, in bytes, that is sooner copied than sent as a file, which takes three
// system calls and wakes the client by itself. Matroska has one for each packet, mp4 one for each chunk of a track.
const smallPiece = 32 << 10

// buffers is where small pieces are put together. A client that is slow to take them holds one.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 64<<10)
	return &b
}}

// isScattered tells whether the segment has small pieces of a video, one with another.
func (c *content) isScattered() bool {
	return c.source != nil && c.segment.Size < smallPiece*int64(len(c.segment.Parts))
}

// send writes one piece of a content.
func (c *content) send(w io.Writer, data []byte, offset, length int64) (sent int64, err error) {
	if data != nil {
		n, err := w.Write(data)
		return int64(n), err
	}
	var from io.Reader
	if file, ok := c.source.(*os.File); ok {
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			return 0, err
		}
		from = file
	} else {
		from = io.NewSectionReader(c.source, offset, length)
	}
	// A client may take its time, in which the file may become another.
	for sent < length && err == nil {
		if err = c.check(); err != nil {
			break
		}
		var n int64
		n, err = io.CopyN(w, from, min(pieceBytes, length-sent))
		sent += n
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // the video has become shorter
	}
	return sent, err
}
