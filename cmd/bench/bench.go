package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// bench is one run of the benchmark.
type bench struct {
	options options
	amounts amounts
	videos  string // folder of the clips
	served  string // folder that gop serves, with links to the clips
	scratch string // folder that is removed after the run
	lock    *os.File

	peerServers []peer
}

// amounts is the work of each contender in a round.
type amounts struct {
	minuteListings, hourListings, minuteProbes       int
	segments, ffmpegSegments                         int
	loadSeconds                                      int // of each run of wrk
	growthSegments                                   int
	freshSegments, freshRuns, tenListings            int // runs of ffmpeg
	thumbnails, ffmpegThumbnails                     int
	transcodesShort, transcodesLong, transcodeSpeeds int // GOPs
	sampleEvery                                      int // requests between two memory samples
}

var (
	wholeAmounts = amounts{
		minuteListings: 50, hourListings: 10, minuteProbes: 3,
		segments: 200, ffmpegSegments: 40,
		loadSeconds:    3,
		growthSegments: 40,
		freshSegments:  20, freshRuns: 8, tenListings: 3,
		thumbnails: 28, ffmpegThumbnails: 10,
		transcodesShort: 20, transcodesLong: 3, transcodeSpeeds: 2,
		sampleEvery: 20_000,
	}
	quickAmounts = amounts{
		minuteListings: 5, hourListings: 2, minuteProbes: 1,
		segments: 20, ffmpegSegments: 3,
		loadSeconds:    1,
		growthSegments: 10,
		freshSegments:  5, freshRuns: 2, tenListings: 1,
		thumbnails: 5, ffmpegThumbnails: 2,
		transcodesShort: 3, transcodesLong: 1, transcodeSpeeds: 1,
		sampleEvery: 500,
	}
)

// part is one part of the benchmark.
type part struct {
	letter string
	weight float64 // approximate seconds
	run    func(b *bench, ctx context.Context, progress progressFunc) (section, error)
}

var parts = []part{
	{"a", 140, (*bench).listing},
	{"b", 110, (*bench).cold},
	{"c", 100, (*bench).hot},
	{"d", 40, (*bench).growth},
	{"e", 120, (*bench).many},
	{"f", 40, (*bench).thumbnails},
	{"g", 300, (*bench).transcodes},
	{"h", 240, (*bench).firstTouch},
}

// newBench creates the folders of a run. The caller closes it.
func newBench(o options) (*bench, error) {
	b := &bench{options: o, amounts: wholeAmounts, videos: filepath.Join(o.Dir, "videos-"+recipe)}
	for _, text := range o.Peer {
		p, err := parsePeer(text)
		if err != nil {
			return nil, err
		}
		b.peerServers = append(b.peerServers, p)
	}
	if o.Quick {
		b.amounts = quickAmounts
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the benchmark folder: %w", err)
	}
	// Concurrent runs would disturb each other.
	lock, err := os.Create(filepath.Join(o.Dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock the benchmark folder: %w", err)
	}
	b.lock = lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another run is in progress in %s: %w", o.Dir, err), lock.Close())
	}
	if err := b.makeScratch(); err != nil {
		return nil, errors.Join(fmt.Errorf("create the scratch folder: %w", err), b.close())
	}
	return b, nil
}

// makeScratch creates the scratch folder. A killed run may have left one; the lock shows that it has ended.
func (b *bench) makeScratch() error {
	b.scratch = filepath.Join(b.options.Dir, "run")
	if err := os.RemoveAll(b.scratch); err != nil {
		return err
	}
	return os.Mkdir(b.scratch, 0o755)
}

func (b *bench) close() error { return errors.Join(os.RemoveAll(b.scratch), b.lock.Close()) }

// run runs the selected parts.
func (b *bench) run(ctx context.Context, progress progressFunc) ([]section, error) {
	if err := makeClips(ctx, b.clips(), b.videos, b.scratch, progress); err != nil {
		return nil, err
	}
	if err := b.linkClips(); err != nil {
		return nil, fmt.Errorf("link the videos: %w", err)
	}
	var total, done float64
	for _, p := range parts {
		if b.options.selected(p.letter) {
			total += p.weight
		}
	}
	var sections []section
	for _, p := range parts {
		if !b.options.selected(p.letter) {
			continue
		}
		s, err := p.run(b, ctx, progress.within(done/total, (done+p.weight)/total))
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.letter, err)
		}
		s.Part = p.letter
		sections = append(sections, s)
		done += p.weight
	}
	return sections, nil
}

// with starts gop in mode m, calls f with it, and stops it.
func (b *bench) with(ctx context.Context, m mode, f func(gop server) error) error {
	gop, err := b.startGOP(ctx, m)
	if err != nil {
		return err
	}
	return errors.Join(f(gop), gop.Stop())
}

// clip returns the path of a clip.
func (b *bench) clip(file string) string { return filepath.Join(b.videos, file) }
