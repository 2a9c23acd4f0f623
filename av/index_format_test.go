package av_test

import (
	"bufio"
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

var update = flag.Bool("update", false, "write the digests of indexes into testdata")

// indexDigests has the value of video.IndexFormat, and a digest of the index of each video of testdata.
const indexDigests = "testdata/index_digests.txt"

// A change of what indexes contain, or of their encoding, comes with another video.IndexFormat. Otherwise a
// program would use indexes of an earlier one that differ from its own.
// "go test ./av -run IndexFormat -update" then writes the digests. New files need no new format.
func TestIndexFormat(t *testing.T) {
	digests := map[string]string{}
	for _, path := range append(testVideos(t), transcodedVideos(t)...) {
		ix, err := indexOf(t, av.NewDefaultConfig(), path)
		require.NoError(t, err, path)
		encoded, err := ix.MarshalBinary()
		require.NoError(t, err)
		decoded := &video.Index{Video: ix.Video}
		require.NoError(t, decoded.UnmarshalBinary(encoded), path)
		assert.Equal(t, ix, decoded, path)
		digests[filepath.Base(path)] = fmt.Sprintf("%x", sha256.Sum256(encoded))[:16]
	}
	format, old := readIndexDigests(t)
	if format == video.IndexFormat {
		for name, digest := range digests {
			if old[name] != "" {
				assert.Equal(t, old[name], digest, "the index of %s changes: raise video.IndexFormat", name)
			}
		}
	}
	if *update && !t.Failed() {
		text := fmt.Sprintf("format %d\n", video.IndexFormat)
		for _, name := range slices.Sorted(maps.Keys(digests)) {
			text += name + " " + digests[name] + "\n"
		}
		require.NoError(t, os.WriteFile(indexDigests, []byte(text), 0o644))
		return
	}
	const hint = "run go test ./av -run IndexFormat -update"
	assert.Equal(t, video.IndexFormat, format, hint)
	assert.ElementsMatch(t, slices.Collect(maps.Keys(digests)), slices.Collect(maps.Keys(old)), hint)
}

// readIndexDigests returns the format and the digests by name of the file indexDigests.
func readIndexDigests(t *testing.T) (format int, digests map[string]string) {
	t.Helper()
	digests = map[string]string{}
	text, err := os.ReadFile(indexDigests)
	if *update && os.IsNotExist(err) {
		return 0, digests
	}
	require.NoError(t, err)
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	require.True(t, lines.Scan())
	_, err = fmt.Sscanf(lines.Text(), "format %d", &format)
	require.NoError(t, err)
	for lines.Scan() {
		name, digest, found := strings.Cut(lines.Text(), " ")
		require.True(t, found, lines.Text())
		digests[name] = digest
	}
	return format, digests
}
