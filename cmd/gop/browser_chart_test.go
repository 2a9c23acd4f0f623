package main

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of overlapping bars of irregular GOPs the chart draws the highest, and a click selects that GOP. The bar of
// the last GOP has its minimum width inside the chart.
func TestBrowserChartSelectsWhatItDraws(t *testing.T) {
	const duration = 2000.5 // seconds
	dir := t.TempDir()
	runFFmpeg(t, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=64x36:rate=2:duration=%g", duration),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "1000",
		"-force_key_frames", "expr:eq(mod(n,2),0)+eq(n,1001)+eq(n,1003)", filepath.Join(dir, "crowd.mp4"))
	p := serveFolder(t, dir)
	b := startBrowser(t, p.url)
	b.openPaged(t, p.url+"/videos/crowd.mp4/group-of-pictures#show=odd")
	const irregular = `[...document.querySelectorAll("[data-irregular]")]`
	require.Equal(t, []string{"gop-500", "gop-501", "gop-502", "gop-503", "gop-2002"},
		evaluate[[]string](t, b, irregular+`.map(li => li.id)`))
	highest := evaluate[string](t, b,
		irregular+`.slice(0, 4).sort((a, b) => b.dataset.bytes - a.dataset.bytes)[0].id`)
	for _, c := range []struct {
		start float64 // of a bar that is 0.002 wide; fractions of the chart
		want  string
	}{{500 / duration, highest}, {0.998, "gop-2002"}} {
		for pixel := range 2 { // the bar is wider
			b.eval(t, `scrollTo(0, 0)`)
			x, y := b.point(t, ".chart svg", c.start, 0.9)
			b.do(t, chromedp.MouseClickXY(math.Ceil(x)+float64(pixel), y))
			selected := evaluate[string](t, b, `document.querySelector("li.selected").id`)
			assert.Equal(t, c.want, selected, "pixel %d at %g", pixel, c.start)
		}
	}
}
