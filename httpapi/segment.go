package httpapi

import (
	"fmt"
	"net/http"

	"gop/video"
	"gop/video/cut"
)

// segment handles GET /videos/{name}/group-of-pictures/{gop}.mp4 with a GOP or a run of GOPs as an mp4.
func (s *server) segment(w http.ResponseWriter, r *http.Request) error {
	gops, err := gopRun(r)
	if err != nil {
		return err
	}
	name, p, err := parseRequest(r, onSegment)
	if err != nil {
		return err
	}
	return s.sendCut(w, r, name, p, p.cut(gops))
}

// clip handles GET /videos/{name}/clip.mp4 with a part of the video as an mp4.
func (s *server) clip(w http.ResponseWriter, r *http.Request) error {
	name, p, err := parseRequest(r, onClip)
	if err != nil {
		return err
	}
	c := p.cut(run{})
	c.Clip = p.part.clip()
	return s.sendCut(w, r, name, p, c)
}

// sendCut sends the mp4 of a cut, or the requested ranges of it.
func (s *server) sendCut(w http.ResponseWriter, r *http.Request, name string, p params, c cut.Cut) error {
	ix, key, err := s.library.Resolve(r.Context(), name, c)
	if err != nil {
		return err
	}
	logEntryOf(r).GOP = key.GOP
	res := resource{
		etag:         segmentETag(s.config.Build, key),
		modified:     ix.Video.ModTime,
		contentType:  "video/mp4",
		caching:      s.cachingOf(ix.Video, p),
		audioLeftOut: c.AudioLeftOut(ix),
		gops:         rangeOf(ix, key),
	}
	if s.sendPreconditionStatus(w, r, res) {
		return nil
	}
	if stream, ok := key.Stream(); ok && isStreamable(r, res.etag) {
		return s.stream(w, r, ix, stream, res)
	}
	return s.sendSegment(w, r, ix, key, res)
}

// rangeHeader names the GOPs of an mp4 and the times that it presents. It is a structured field (RFC 9651,
// section 3.2).
const rangeHeader = "Gop-Range"

// rangeOf returns the value of rangeHeader.
func rangeOf(ix *video.Index, key video.SegmentKey) string {
	covered, base := ix.Covered(key), ix.Track().TimeBase
	return fmt.Sprintf("first=%d, last=%d, from=%q, to=%q", key.GOP, key.LastGOP(),
		covered.From.Seconds(base), covered.To.Seconds(base))
}

// sendSegment sends a segment, or the requested ranges of it.
func (s *server) sendSegment(
	w http.ResponseWriter, r *http.Request, ix *video.Index, key video.SegmentKey, res resource,
) error {
	send := func(segment *video.Segment, status video.CacheStatus) error {
		reader, err := openSegment(r.Context(), segment, r.Method, s.config.WriteTimeout)
		if err != nil {
			return err
		}
		defer reader.close()
		res.leaveOutAudio(segment.AudioLeftOut)
		s.setHeaders(w, r, res)
		setCacheStatus(w, r, status)
		serveContent(sendfileWriter{w}, r, segment.ContentType, res.modified, reader)
		return nil
	}
	return s.library.Segment(r.Context(), ix, key, send)
}
