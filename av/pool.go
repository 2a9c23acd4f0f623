package av

import (
	"slices"
	"sync"
	"time"

	"gop/internal/isobmff"
	"gop/video"
)

// pool keeps demuxers open between requests, since opening one takes longer than a cut. It holds at most size
// demuxers, which take at most memory bytes together, each for at most ttl.
type pool struct {
	size   int
	memory int64
	ttl    time.Duration

	mu     sync.Mutex
	idle   []idleDemuxer // in order of their last use
	taken  int64         // bytes of memory
	closed bool
}

type idleDemuxer struct {
	name, version string // of the video
	memory        int64  // bytes, without the movie
	*demuxer
	expiry *time.Timer
}

// take removes and returns an idle demuxer for a version of a video, or nil.
func (p *pool) take(version string) *demuxer {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if p.idle[i].version == version {
			return p.remove(i)
		}
	}
	return nil
}

// scan returns the scan of the fragments of the version of a video that was used last, or nil.
func (p *pool) scan(name string) *isobmff.Scan {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range slices.Backward(p.idle) {
		if i.name == name && i.fragments != nil {
			return i.fragments
		}
	}
	return nil
}

// put takes over a demuxer that is no longer in use, and closes the demuxers that exceed the limits.
func (p *pool) put(v video.Video, d *demuxer) {
	closeAll(p.add(v, d))
}

// add adds a demuxer and returns those that exceed the limits, which may include it.
func (p *pool) add(v video.Video, d *demuxer) (evicted []*demuxer) {
	memory := d.memory()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.size == 0 {
		return []*demuxer{d}
	}
	most := memory
	if d.movie != nil {
		most += d.movie.memory()
	}
	if most > p.memory { // it would evict all others
		return []*demuxer{d}
	}
	for len(p.idle) > 0 && (len(p.idle) >= p.size || p.taken+p.cost(d, memory) > p.memory) {
		evicted = append(evicted, p.remove(0))
	}
	p.taken += p.cost(d, memory)
	expiry := time.AfterFunc(p.ttl, func() { p.expire(d) })
	p.idle = append(p.idle, idleDemuxer{v.Name, v.Version, memory, d, expiry})
	return evicted
}

// cost returns how much memory d takes in addition to the idle demuxers. memory is what it does not share.
func (p *pool) cost(d *demuxer, memory int64) int64 {
	isShared := func(i idleDemuxer) bool { return i.movie == d.movie }
	if d.movie == nil || slices.ContainsFunc(p.idle, isShared) {
		return memory
	}
	return memory + d.movie.memory()
}

// closeAll closes demuxers. The caller must not hold the lock, since closing takes time.
func closeAll(demuxers []*demuxer) {
	for _, d := range demuxers {
		d.close()
	}
}

// expire closes d if it is still idle. After the last one, it returns memory that libav has freed to the
// system.
func (p *pool) expire(d *demuxer) {
	found, isEmpty := p.drop(d)
	if !found {
		return
	}
	d.close()
	if isEmpty {
		trimMalloc()
	}
}

// drop removes d. It reports whether d was idle, and whether the pool is now empty.
func (p *pool) drop(d *demuxer) (found, isEmpty bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.idle {
		if p.idle[i].demuxer == d {
			p.remove(i)
			return true, len(p.idle) == 0
		}
	}
	return false, false
}

// close closes all idle demuxers, and each one that is put later.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.empty()
}

// empty closes all idle demuxers.
func (p *pool) empty() { closeAll(p.takeAll()) }

// takeAll removes and returns all idle demuxers.
func (p *pool) takeAll() (all []*demuxer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		all = append(all, p.remove(len(p.idle)-1))
	}
	return all
}

// remove removes and returns an idle demuxer. The caller holds the lock.
func (p *pool) remove(i int) *demuxer {
	d := p.idle[i]
	d.expiry.Stop()
	p.idle = append(p.idle[:i], p.idle[i+1:]...)
	p.taken -= p.cost(d.demuxer, d.memory)
	return d.demuxer
}
