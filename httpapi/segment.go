package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"gop/video"
)

// segment answers GET /videos/{name}/group-of-pictures/{gop}.mp4 with one GOP as an mp4.
func (s *server) segment(w http.ResponseWriter, r *http.Request) error {
	n, err := gopNumber(r)
	if err != nil {
		return err
	}
	ix, choice, err := s.chosen(r)
	if err != nil {
		return err
	}
	of := choice.cut(n)
	if n >= len(ix.GOPs) {
		return video.Refuse(video.NotFound, fmt.Sprintf("the video has %d GOPs, numbered from 0", len(ix.GOPs)), nil)
	}
	key, err := ix.Key(of)
	if err != nil {
		return err
	}
	etag := key.ETag(s.config.Build)
	if isCurrent(r, etag, ix.Video.ModTime) {
		s.validators(w, etag)
		serve(w, r, "video/mp4", ix.Video.ModTime, bytes.NewReader(nil))
		return nil
	}
	segment, err := s.library.Segment(r.Context(), ix, of)
	if err != nil {
		return err
	}
	s.validators(w, etag)
	noteSilence(w, ix, of)
	serve(w, r, segment.ContentType, ix.Video.ModTime, newSegmentReader(segment))
	return nil
}

// segmentReader reads the parts of a segment as one.
type segmentReader struct {
	segment *video.Segment
	offset  int64
}

func newSegmentReader(s *video.Segment) io.ReadSeeker { return &segmentReader{segment: s} }

// Read fills p from as many parts as it takes.
func (r *segmentReader) Read(p []byte) (n int, err error) {
	start := int64(0)
	for _, part := range r.segment.Parts {
		end := start + int64(len(part.Data))
		if r.offset < end && n < len(p) {
			copied := copy(p[n:], part.Data[r.offset-start:])
			n += copied
			r.offset += int64(copied)
		}
		start = end
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Seek sets where the next Read begins.
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
