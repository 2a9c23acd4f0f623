package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allowed lists the packages of the project that each package may import, as docs/design.md draws them. A
// package that is not listed may import none. Packages under cmd and scripts may import any.
var allowed = map[string][]string{
	"av": {
		"video", "internal/avio", "internal/bitstream", "internal/filtergraph", "internal/gops",
		"internal/isobmff", "internal/matroska", "internal/media", "internal/mpegts", "internal/rfc6381",
		"internal/sniff", "internal/thumbnail",
	},
	"httpapi":              {"video", "video/cut", "templates"},
	"library":              {"video", "video/cut", "internal/singleflight"},
	"video/cut":            {"video"},
	"internal/bitstream":   {"video", "internal/media"},
	"internal/filtergraph": {"video"},
	"internal/gops":        {"video", "internal/media"},
	"internal/isobmff":     {"internal/media"},
	"internal/matroska":    {"internal/media"},
	"internal/rfc6381":     {"internal/media"},
	"internal/thumbnail":   {"video"},
}

// Imports go one way, from the program to the domain types, and only av uses libav.
func TestImports(t *testing.T) {
	count := 0
	for file, imports := range importsOf(t, "..") {
		dir := path.Dir(file)
		isTool := strings.HasPrefix(dir, "cmd/") || strings.HasPrefix(dir, "scripts/")
		for _, name := range imports {
			if own, ok := strings.CutPrefix(name, "gop/"); ok {
				count++
				assert.True(t, isTool || slices.Contains(allowed[dir], own), "%s imports %s", file, name)
			}
			if name == "C" || strings.HasPrefix(name, "github.com/asticode/go-astiav") {
				assert.Equal(t, "av", dir, "%s imports %s", file, name)
			}
		}
	}
	assert.Greater(t, count, 100, "imports were found")
}

// importsOf returns the imports of the Go files below root that are not tests, by file name.
func importsOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		isSource := strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
		if err != nil || entry.IsDir() || !isSource {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			text, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[name] = append(imports[name], text)
		}
		return nil
	})
	require.NoError(t, err)
	return imports
}
