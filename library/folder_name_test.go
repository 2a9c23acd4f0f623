package library_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The list of extensions in docs/limits.md is the one that decides which files are served.
func TestExtensions(t *testing.T) {
	limits, err := os.ReadFile("../docs/limits.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(limits), "these extensions")
	section, _, _ = strings.Cut(section, ". ")
	parts := strings.Split(section, "`")
	page, err := os.ReadFile("../templates/videos.html")
	require.NoError(t, err)
	dir := t.TempDir()
	var want []string
	for i := 1; i < len(parts); i += 2 {
		name := "a" + parts[i]
		write(t, filepath.Join(dir, name), "bytes")
		want = append(want, name)
		assert.Contains(t, string(page), parts[i])
	}
	require.Len(t, want, 35)
	assert.True(t, slices.IsSorted(want))
	assert.Equal(t, want, list(t, openFolder(t, dir), 100))
}
