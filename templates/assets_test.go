package templates

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func rendered(t *testing.T, p Page) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, p.Render(&b))
	return b.String()
}

// Every asset is used by a page, and its name contains a hash of its data.
func TestPagesReferToAssets(t *testing.T) {
	pages := rendered(t, GOPsPage{GOPs: []GOPCell{{}}}) + rendered(t, VideosPage{})
	require.NotEmpty(t, Assets)
	for name, asset := range Assets {
		assert.True(t, strings.Contains(pages, `"/assets/`+name+`"`), name)
		assert.Regexp(t, `^[a-z-]+-[0-9a-f]{12}\.(css|js)$`, name)
		assert.Equal(t, name, asset.Name)
		assert.NotEmpty(t, asset.Data)
		assert.NotEmpty(t, asset.ContentType)
	}
	for _, match := range regexp.MustCompile(`"/assets/([^"]*)"`).FindAllStringSubmatch(pages, -1) {
		assert.Contains(t, Assets, match[1])
	}
	_, err := Site{}.Asset("none.css")
	assert.Error(t, err)
}

// Every import in a script names an asset, and the page that uses the script preloads it.
func TestImportsNameAssets(t *testing.T) {
	imports := regexp.MustCompile(`(?m)^(?:import|\})[^"'\n]*["']([^"'\n]*)["'];?$`)
	count := 0
	for name, asset := range Assets {
		for _, match := range imports.FindAllSubmatch(asset.Data, -1) {
			assert.Contains(t, Assets, path.Base(string(match[1])), name)
			count++
		}
		assert.NotContains(t, string(asset.Data), "import(", name)
	}
	assert.NotZero(t, count)
	for file, dependencies := range hashed.imports {
		assert.NotContains(t, dependencies, file)
		for i, dependency := range dependencies {
			assert.Subset(t, dependencies[:i], hashed.imports[dependency], "order for %s", file)
		}
	}
}

// A change of a module changes the names of the scripts that import it, directly or not, and no other name.
func TestHashedNamesFollowImports(t *testing.T) {
	names := func(leaf string) map[string]string {
		assets := hashAssets(fstest.MapFS{
			"main.js":  {Data: []byte("import \"./side.js\";\nimport {\n\ta,\n} from \"./mid.js\";\n")},
			"mid.js":   {Data: []byte("import { b } from \"./leaf.js\";\nexport const a = b;\n")},
			"leaf.js":  {Data: []byte(leaf)},
			"side.js":  {Data: []byte("// no imports\n")},
			"page.css": {Data: []byte("* { margin: 0; }")},
		}).assets
		names := map[string]string{}
		for file, asset := range assets {
			names[file] = asset.Name
		}
		const format = "import \"./%s\";\nimport {\n\ta,\n} from \"./%s\";\n"
		want := fmt.Sprintf(format, names["side.js"], names["mid.js"])
		assert.Equal(t, want, string(assets["main.js"].Data))
		return names
	}
	before, after := names("export const b = 1;\n"), names("export const b = 2;\n")
	for _, file := range []string{"leaf.js", "mid.js", "main.js"} {
		assert.NotEqual(t, before[file], after[file], file)
	}
	for _, file := range []string{"side.js", "page.css"} {
		assert.Equal(t, before[file], after[file], file)
	}
}

func TestHashAssetsPanics(t *testing.T) {
	assert.PanicsWithValue(t, "import cycle: a.js -> b.js -> a.js", func() {
		hashAssets(fstest.MapFS{
			"a.js": {Data: []byte("import \"./b.js\";\n")},
			"b.js": {Data: []byte("import \"./a.js\";\n")},
		})
	})
	assert.Panics(t, func() { hashAssets(fstest.MapFS{"a.js": {Data: []byte("import \"./none.js\";\n")}}) })
}

func TestRenderWrapsErrors(t *testing.T) {
	assert.ErrorContains(t, render(io.Discard, "none.html", nil), "render none.html: ")
}
