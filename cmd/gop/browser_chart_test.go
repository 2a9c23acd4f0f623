package main

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of several odd GOPs in one place the chart draws the highest, and a click finds that one. The bar of the last one is
// wider than the GOP is long, and yet within the chart.
func TestBrowserChartFindsWhatItDraws(t *testing.T) {
	const duration, from, to, last = 2000.5, 500, 503, 2002 // seconds, and the numbers of GOPs of one frame
	dir := t.TempDir()
	output, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=64x36:rate=2:duration=%g", duration),
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "1000", "-force_key_frames", "expr:eq(mod(n,2),0)+eq(n,1001)+eq(n,1003)",
		filepath.Join(dir, "crowd.mp4")).CombinedOutput()
	require.NoError(t, err, string(output))
	p := serveFolder(t, dir)
	b := startBrowser(t, p.url)
	b.do(t, chromedp.Navigate(p.url+"/videos/crowd.mp4/group-of-pictures"), chromedp.WaitVisible(chromedp.CSS("ol.grid")))
	require.Equal(t, []string{"gop-500", "gop-501", "gop-502", "gop-503", "gop-2002"}, evaluated[[]string](t, b, `[...document.querySelectorAll("[data-irregular]")].map(li => li.id)`))
	highest := evaluated[string](t, b, fmt.Sprintf(`[...document.querySelectorAll("[data-irregular]")].slice(0, %d).sort((a, b) => b.dataset.bytes - a.dataset.bytes)[0].id`, to-from+1))
	for _, c := range []struct {
		start float64 // of a bar that has two thousandths of the chart
		want  string
	}{{500 / duration, highest}, {0.998, fmt.Sprintf("gop-%d", last)}} {
		for pixel := range 2 { // of which it has more
			b.eval(t, `scrollTo(0, 0)`)
			x, y := b.at(t, ".chart svg", c.start, 0.9)
			b.do(t, chromedp.MouseClickXY(math.Ceil(x)+float64(pixel), y))
			assert.Equal(t, c.want, evaluated[string](t, b, `document.querySelector("li.selected").id`), "pixel %d at %g", pixel, c.start)
		}
	}
}
