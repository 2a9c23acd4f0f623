package av

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
	videocut "gop/video/cut"
)

// Copying returns e, which then makes no zero-copy segments.
func Copying(e *Engine) *Engine {
	e.copying = true
	return e
}

// OnlyLibav returns e, which then disables the readers that replace libav's.
func OnlyLibav(e *Engine) *Engine {
	e.onlyLibav = true
	return e
}

// Keep returns e, which then gives libav only n samples of each end of a track; 0 means all.
func Keep(e *Engine, n int) *Engine {
	e.kept = n
	return e
}

// HasReduced reports whether the idle demuxer that was used last has reduced tables.
func HasReduced(e *Engine) bool {
	e.pool.mu.Lock()
	defer e.pool.mu.Unlock()
	last := len(e.pool.idle) - 1
	return last >= 0 && e.pool.idle[last].isReduced()
}

// CutSegment resolves a cut and makes its segment.
func (e *Engine) CutSegment(
	ctx context.Context, ix *video.Index, c videocut.Cut, open Opener,
) (*video.Segment, error) {
	key, err := c.Resolve(ix)
	if err != nil {
		return nil, err
	}
	return e.Segment(ctx, ix, key, open)
}

// CutStream resolves a fragmented cut and streams it.
func (e *Engine) CutStream(
	ctx context.Context, ix *video.Index, c videocut.Cut, open Opener,
	emit func(video.Fragment) error,
) (*video.Segment, error) {
	key, err := c.Resolve(ix)
	if err != nil {
		return nil, err
	}
	stream, ok := key.Stream()
	if !ok {
		return nil, errors.New("the segment is not fragmented")
	}
	return e.Stream(ctx, ix, stream, open, emit)
}

// CutThumbnail resolves a thumbnail and makes it.
func (e *Engine) CutThumbnail(
	ctx context.Context, ix *video.Index, thumbnail videocut.Thumbnail, open Opener,
) (*video.Thumbnail, error) {
	key, err := thumbnail.Resolve(ix, nil)
	if err != nil {
		return nil, err
	}
	return e.Thumbnail(ctx, ix, key, open)
}

// FrameMD5 returns the MD5 of the samples of a frame, as ffmpeg's framemd5 muxer does.
func (e *Engine) FrameMD5(
	ctx context.Context, ix *video.Index, key video.ThumbnailKey, open Opener,
) (sum string, err error) {
	err = e.withDemuxer(ctx, ix.Video, open, func(d *demuxer) error {
		f, err := d.frame(ix, key, e.config)
		if err != nil {
			return err
		}
		defer f.Free()
		size, err := f.ImageBufferSize(1)
		if err != nil {
			return err
		}
		samples := make([]byte, size)
		if _, err := f.ImageCopyToBuffer(samples, 1); err != nil {
			return err
		}
		sum = fmt.Sprintf("%x", md5.Sum(samples))
		return nil
	})
	return sum, err
}

// PanicWhileDecoding starts to decode a packet without a payload, and returns the error of the goroutine that
// decodes.
func PanicWhileDecoding(t *testing.T) error {
	t.Helper()
	ix := &video.Index{Tracks: []video.Track{{}}, GOPs: video.NewGOPList(video.GOP{})}
	c := &cut{tracks: []cutTrack{{}}, packets: []*cutPacket{{}}}
	s := startFrames(t.Context(), slog.New(slog.DiscardHandler), Config{}, nil, c, ix, video.SegmentKey{})
	defer s.close()
	_, err := s.next()
	return err
}

// Nice runs work at low priority.
var Nice = nice

// ResidentBytes returns the process's anonymous resident memory, after it has returned free memory to the
// system. It excludes the pages of the program's file.
func ResidentBytes(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, line, ok := strings.Cut(string(status), "RssAnon:")
	require.True(t, ok)
	kib, err := strconv.Atoi(strings.Fields(line)[0])
	require.NoError(t, err)
	return kib << 10
}

// Movies returns the number of movies in use, and the memory of idle demuxers and of one movie in bytes.
func Movies(e *Engine) (n int, idle, movie int64) {
	e.pool.mu.Lock()
	defer e.pool.mu.Unlock()
	for _, m := range e.movies.inUse {
		n, movie = n+1, m.memory()
	}
	return n, e.pool.taken, movie
}
