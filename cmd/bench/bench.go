package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// bench is a run of the benchmark.
type bench struct {
	options options
	amounts amounts
	videos  string // the folder of the benchmark's videos
	served  string // the folder that gop serves, in which they have several names
	scratch string // a folder for what is gone after the run
	lock    *os.File
}

// amounts is how much each contender does in a round.
type amounts struct {
	minuteListings, hourListings, minuteProbes int
	cuts, cutsFromNothing, ffmpegCuts          int
	loadSeconds                                int // of each run of wrk
	growthListings, growthCuts                 int
	stills, ffmpegStills                       int
	encodesShort, encodesLong, encodeSpeeds    int // GOPs
	sampleEvery                                int // requests between two looks at the memory
}

var (
	wholeAmounts = amounts{
		minuteListings: 50, hourListings: 10, minuteProbes: 3,
		cuts: 200, cutsFromNothing: 20, ffmpegCuts: 40,
		loadSeconds:    3,
		growthListings: 20, growthCuts: 40,
		stills: 28, ffmpegStills: 10,
		encodesShort: 20, encodesLong: 3, encodeSpeeds: 2,
		sampleEvery: 20_000,
	}
	quickAmounts = amounts{
		minuteListings: 5, hourListings: 2, minuteProbes: 1,
		cuts: 20, cutsFromNothing: 3, ffmpegCuts: 3,
		loadSeconds:    1,
		growthListings: 3, growthCuts: 10,
		stills: 5, ffmpegStills: 2,
		encodesShort: 3, encodesLong: 1, encodeSpeeds: 1,
		sampleEvery: 500,
	}
)

// part is one thing that is measured, in a file of its own.
type part struct {
	letter string
	weight float64 // about how many seconds it takes
	run    func(b *bench, ctx context.Context, at progressFunc) (section, error)
}

var parts = []part{
	{"a", 140, (*bench).listing},
	{"b", 110, (*bench).cold},
	{"c", 100, (*bench).hot},
	{"d", 40, (*bench).growth},
	{"e", 120, (*bench).many},
	{"f", 40, (*bench).stills},
	{"g", 300, (*bench).encodes},
}

// newBench makes the folders of a run; close it after use.
func newBench(o options) (*bench, error) {
	b := &bench{options: o, amounts: wholeAmounts, videos: filepath.Join(o.Dir, "videos-"+recipe)}
	if o.Quick {
		b.amounts = quickAmounts
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the benchmark's folder: %w", err)
	}
	// Two runs at a time would measure each other.
	lock, err := os.Create(filepath.Join(o.Dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock the benchmark's folder: %w", err)
	}
	b.lock = lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another run is under way in %s: %w", o.Dir, err), lock.Close())
	}
	if err := b.makeScratch(); err != nil {
		return nil, errors.Join(fmt.Errorf("make the run's folder: %w", err), b.close())
	}
	return b, nil
}

// makeScratch makes the run's folder. One that is there is of a run that was killed: the lock is ours.
func (b *bench) makeScratch() error {
	b.scratch = filepath.Join(b.options.Dir, "run")
	if err := os.RemoveAll(b.scratch); err != nil {
		return err
	}
	return os.Mkdir(b.scratch, 0o755)
}

func (b *bench) close() error { return errors.Join(os.RemoveAll(b.scratch), b.lock.Close()) }

// run measures the chosen parts.
func (b *bench) run(ctx context.Context, at progressFunc) ([]section, error) {
	if err := makeClips(ctx, b.videos, b.scratch, at); err != nil {
		return nil, err
	}
	if err := b.nameClips(); err != nil {
		return nil, fmt.Errorf("name the videos: %w", err)
	}
	var all, done float64
	for _, p := range parts {
		if b.options.chosen(p.letter) {
			all += p.weight
		}
	}
	var sections []section
	for _, p := range parts {
		if !b.options.chosen(p.letter) {
			continue
		}
		s, err := p.run(b, ctx, at.within(done/all, (done+p.weight)/all))
		if err != nil {
			return nil, fmt.Errorf("part %s: %w", p.letter, err)
		}
		s.Part = p.letter
		sections = append(sections, s)
		done += p.weight
	}
	return sections, nil
}

// with starts a gop, does something with it, and stops it.
func (b *bench) with(ctx context.Context, m mode, do func(gop web) error) error {
	gop, err := b.startGOP(ctx, m)
	if err != nil {
		return err
	}
	return errors.Join(do(gop), gop.Stop())
}

func (b *bench) clip(file string) string { return filepath.Join(b.videos, file) }
