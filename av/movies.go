package av

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"gop/internal/avio"
	"gop/internal/isobmff"
)

// movie is the movie box of a version of an ISO file and its reduced form. The demuxers of the version share
// it.
type movie struct {
	*isobmff.ReducedMovie
	version string
	data    *[]byte // the file's box, to which the tables refer
	users   int     // demuxers
}

// memory returns the memory of m in bytes. The garbage collector lets the heap grow to twice what is in use.
func (m *movie) memory() int64 { return 2 * int64(cap(*m.data)+len(m.Box)) }

// movies holds the movies of open demuxers.
type movies struct {
	mu    sync.Mutex
	inUse map[string]*movie // by version
}

// get returns the movie of a version for one more demuxer, or nil.
func (m *movies) get(version string) *movie {
	m.mu.Lock()
	defer m.mu.Unlock()
	shared := m.inUse[version]
	if shared != nil {
		shared.users++
	}
	return shared
}

// share returns the movie of made's version for one more demuxer: made, unless another demuxer was faster.
func (m *movies) share(made *movie) *movie {
	m.mu.Lock()
	defer m.mu.Unlock()
	shared := m.inUse[made.version]
	if shared == nil {
		if m.inUse == nil {
			m.inUse = map[string]*movie{}
		}
		m.inUse[made.version], shared = made, made
	} else {
		boxes.Put(made.data)
	}
	shared.users++
	return shared
}

// release ends a demuxer's use of a movie. The memory of the box is used again after the last one.
func (m *movies) release(used *movie) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if used.users--; used.users == 0 {
		delete(m.inUse, used.version)
		boxes.Put(used.data)
		used.data = nil
	}
}

// boxes holds the memory of movie boxes. Fresh memory of some megabytes takes longer than reading a box.
var boxes sync.Pool

// newBox returns memory of size bytes for a box.
func newBox(size int64) *[]byte {
	const excess = 64 << 10
	if b, ok := boxes.Get().(*[]byte); ok && int64(cap(*b)) >= size && int64(cap(*b)) <= 2*size+excess {
		*b = (*b)[:size]
		return b
	}
	b := make([]byte, size)
	return &b
}

// maxMovieBytes is the size of the largest movie box that is reduced.
const maxMovieBytes = 128 << 20

// readMovie reads and reduces a movie box. It returns nil if the box is not reduced.
func readMovie(source *avio.Source, moov isobmff.Box, keep int) (*movie, error) {
	size := moov.End - moov.Pos
	if size > maxMovieBytes {
		return nil, nil
	}
	data := newBox(size)
	_, err := source.ReadAt(*data, moov.Pos)
	if err == nil {
		if reduced, ok := isobmff.ReduceMovie(*data, keep); ok {
			return &movie{ReducedMovie: reduced, data: data}, nil
		}
	}
	boxes.Put(data)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the movie box: %w", err)
	}
	return nil, nil
}
