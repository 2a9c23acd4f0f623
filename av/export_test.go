package av

import (
	"context"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
)

// Copying makes an engine that lets no segment refer to its video.
func Copying(e *Engine) *Engine {
	e.copying = true
	return e
}

// Thorough makes an engine that takes no way around libav.
func Thorough(e *Engine) *Engine {
	e.thorough = true
	return e
}

// SegmentOf makes what key names, which need not be the key of a Cut.
func SegmentOf(ctx context.Context, e *Engine, ix *video.Index, key video.SegmentKey, open func() (video.File, error)) (*video.Segment, error) {
	return e.segment(ctx, ix, key, open, nil)
}

// Nice runs work at low priority.
var Nice = nice

// ResidentBytes is the memory that the process has to itself, once it has given back what it can.
// The pages of the program's own file are no memory that anybody could want back.
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
