package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func rendered(t *testing.T, p Page) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, p.Render(&b))
	return b.String()
}

func TestNamesAreEscaped(t *testing.T) {
	const hostile = `"><script>alert(1)</script>`
	for _, page := range []Page{
		VideosPage{Videos: []VideoCard{{Name: hostile, Href: "/videos/x", Unreadable: hostile}}},
		GOPsPage{Name: hostile, Notes: []string{hostile}, GOPs: []GOPCell{{DownloadHref: "/a"}}},
		ErrorPage{Title: hostile, Detail: hostile},
	} {
		assert.NotContains(t, rendered(t, page), "<script>alert")
	}
}

func TestEmptyLibrarySaysWhatToDo(t *testing.T) {
	assert.Contains(t, rendered(t, VideosPage{}), "There are no videos in this folder.")
}

// What pages refer to is there, and its name is made of what is in it.
func TestPagesReferToAssets(t *testing.T) {
	pages := rendered(t, GOPsPage{GOPs: []GOPCell{{}}}) + rendered(t, VideosPage{})
	require.NotEmpty(t, Assets)
	for name, asset := range Assets {
		assert.True(t, strings.Contains(pages, `"/assets/`+name+`"`), name)
		assert.Regexp(t, `^[a-z-]+-[0-9a-f]{12}\.(css|js)$`, name)
		assert.Equal(t, name, asset.Name)
		assert.NotEmpty(t, asset.Data)
	}
	_, err := assetPath("none.css")
	assert.Error(t, err)
}

func TestFormats(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 99_400: "99.4 kB", 99_960: "100 kB", 999_600: "1.0 MB", 1_900_000_000: "1.9 GB"} {
		assert.Equal(t, want, strings.ReplaceAll(formatBytes(n), "\u00a0", " "), "%d bytes", n)
	}
	for d, want := range map[time.Duration]string{
		0: "0:00.000", 1500 * time.Millisecond: "0:01.500", -time.Second: "-0:01.000",
		time.Hour + 2*time.Minute + 3*time.Second: "1:02:03.000", 59999600 * time.Microsecond: "1:00.000",
	} {
		assert.Equal(t, want, formatClock(d))
	}
}
