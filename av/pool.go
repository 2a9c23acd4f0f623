package av

import (
	"sync"
	"time"
)

// pool keeps demuxers open between requests: to open one costs more than a cut does. It holds at
// most size of them, which take at most memory bytes together, each no longer than ttl.
type pool struct {
	size   int
	memory int64
	ttl    time.Duration

	mu     sync.Mutex
	idle   []idleDemuxer // the longest idle first
	taken  int64         // bytes of memory
	closed bool
}

type idleDemuxer struct {
	version string // of the video
	memory  int64  // bytes
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

// put takes over a demuxer that is no longer in use, and closes what there is no room for.
func (p *pool) put(version string, d *demuxer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	memory := d.memory()
	if p.closed || p.size == 0 || memory > p.memory {
		d.close()
		return
	}
	for len(p.idle) >= p.size || p.taken+memory > p.memory {
		p.remove(0).close()
	}
	expiry := time.AfterFunc(p.ttl, func() { p.expire(d) })
	p.idle = append(p.idle, idleDemuxer{version, memory, d, expiry})
	p.taken += memory
}

// expire closes d if it is still idle. When the last one has gone, there is little to do, and the
// memory that libav has freed goes back to the system.
func (p *pool) expire(d *demuxer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.idle {
		if p.idle[i].demuxer == d {
			p.remove(i).close()
			if len(p.idle) == 0 {
				trimMalloc()
			}
			return
		}
	}
}

// close closes all idle demuxers, and from now on those that come back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.emptyLocked()
}

// empty closes all idle demuxers.
func (p *pool) empty() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.emptyLocked()
}

// emptyLocked is empty where p.mu is held.
func (p *pool) emptyLocked() {
	for len(p.idle) > 0 {
		p.remove(len(p.idle) - 1).close()
	}
}

func (p *pool) remove(i int) *demuxer {
	d := p.idle[i]
	d.expiry.Stop()
	p.taken -= d.memory
	p.idle = append(p.idle[:i], p.idle[i+1:]...)
	return d.demuxer
}
