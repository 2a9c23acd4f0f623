package av_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video/cut"
)

// benchmarked are the videos of the benchmarks, one of each container.
var benchmarked = []string{
	"h264-bframes-aac.mp4", "fragmented.mp4", "h264-bframes-aac.mkv", "h264-bframes-aac.ts",
}

func BenchmarkIndex(b *testing.B) {
	for _, name := range benchmarked {
		b.Run(name, func(b *testing.B) {
			config := av.NewDefaultConfig()
			config.IdleDemuxers = 0 // each opens the file
			engine := newEngine(b, config)
			v, open := fileAt(b, filepath.Join(testdata, name))
			b.ReportAllocs()
			for b.Loop() {
				_, err := engine.Index(b.Context(), v, 1, open)
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkSegment(b *testing.B) {
	for _, name := range benchmarked {
		b.Run(name, func(b *testing.B) {
			engine := newEngine(b, av.NewDefaultConfig())
			v, open := fileAt(b, filepath.Join(testdata, name))
			ix, err := engine.Index(b.Context(), v, 1, open)
			require.NoError(b, err)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				_, err := engine.CutSegment(b.Context(), ix, cut.Cut{GOP: n % ix.GOPs.Len()}, open)
				require.NoError(b, err)
				n++
			}
		})
	}
}
