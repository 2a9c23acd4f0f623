package av_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

var (
	mutations    = flag.Int("mutations", 2000, "how many damaged files TestMutations tries")
	mutationSeed = flag.Uint64("mutation-seed", 1, "what its damage is drawn from")
)

// inMemory is a file whose bytes are in memory.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// A damaged file is served as far as it goes, or refused: it neither ends the program nor hangs it,
// and it is never the server's fault.
func TestMutations(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	paths := testVideos(t)
	random := rand.New(rand.NewPCG(*mutationSeed, 0))
	for n := range *mutations {
		path := paths[random.IntN(len(paths))]
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		data, damage := mutate(random, data)
		what := fmt.Sprintf("mutation %d of seed %d: %s, %s", n, *mutationSeed, filepath.Base(path), damage)
		start := time.Now()
		err = serveAll(engine, video.Video{Name: "damaged", Version: what, Size: int64(len(data))}, data)
		if kind := video.KindOf(err); err != nil {
			assert.Contains(t, []video.Kind{video.Unreadable, video.TooLarge}, kind, "%s: %v", what, err)
		}
		assert.Less(t, time.Since(start), 5*time.Second, what)
	}
}

// serveAll indexes a file and cuts its first GOPs and its last; it returns the first error that is
// no refusal, else any.
func serveAll(engine *av.Engine, v video.Video, data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	open := func() (video.File, error) { return inMemory{bytes.NewReader(data)}, nil }
	ix, err := engine.Index(ctx, v, 1, open)
	if err != nil {
		return err
	}
	var refusal error
	for _, n := range []int{0, 1, len(ix.GOPs) - 1} {
		if n < 0 || n >= len(ix.GOPs) {
			continue
		}
		if _, err := engine.Segment(ctx, ix, video.Cut{GOP: n}, open); err != nil {
			if kind := video.KindOf(err); kind != video.Unreadable && kind != video.TooLarge {
				return err
			}
			refusal = err
		}
	}
	return refusal
}

// mutate damages a copy of data in one of the ways that files are damaged, and says how.
func mutate(random *rand.Rand, data []byte) ([]byte, string) {
	data = bytes.Clone(data)
	// Half of the damage goes where containers keep their tables.
	place := func() int {
		if at := bytes.Index(data, []byte("moov")); at > 0 && random.IntN(2) == 0 {
			return at + random.IntN(len(data)-at)
		}
		return random.IntN(len(data))
	}
	switch random.IntN(5) {
	case 0:
		flips := 1 + random.IntN(20)
		for range flips {
			data[place()] ^= 1 << random.IntN(8)
		}
		return data, fmt.Sprintf("%d bits flipped", flips)
	case 1:
		length := random.IntN(len(data))
		return data[:length], fmt.Sprintf("cut off at %d", length)
	case 2:
		at := min(place(), len(data)-4)
		count := []uint32{0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random.Uint32()}[random.IntN(6)]
		binary.BigEndian.PutUint32(data[max(at, 0):], count)
		return data, fmt.Sprintf("%#x at %d", count, at)
	case 3:
		length := 1 + random.IntN(200)
		from, to := random.IntN(max(len(data)-length, 1)), random.IntN(max(len(data)-length, 1))
		copy(data[to:], data[from:min(from+length, len(data))])
		return data, fmt.Sprintf("%d bytes of %d at %d", length, from, to)
	}
	at := place()
	end := min(at+1+random.IntN(2000), len(data))
	return append(data[:at:at], data[end:]...), fmt.Sprintf("without %d to %d", at, end)
}
