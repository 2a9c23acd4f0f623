package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// sampleLibrary returns a folder with videos, subfolders and files that are no videos. fractals.mp4 has
// irregular GOPs.
func sampleLibrary(t *testing.T) string {
	t.Helper()
	dir := folderOf(t, "h264-open-gop.mp4", "vp9-opus.webm", "av1.mp4", "rotated.mp4")
	archive := os.DirFS(folderOf(t, "mpeg2.mp4", "mpeg4.mkv"))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "archive"), archive))
	broken := os.DirFS(filepath.Join("..", "..", "testdata", "broken"))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "damaged"), broken))
	const (
		fractal = "mandelbrot=s=640x360:r=25:end_pts=500:end_scale=0.0005,trim=duration=%d,setsar=1"
		colors  = "gradients=s=640x360:r=25:d=%d:speed=0.03:n=5:seed=7,setsar=1"
		life    = "life=s=160x90:r=25:mold=20:ratio=0.2:seed=3:death_color=#0b2545:life_color=#f4d35e:" +
			"mold_color=#ee964b,trim=duration=%d,scale=640:360:flags=neighbor,setsar=1"
		card     = "testsrc2=s=640x360:r=25:d=%d,setsar=1"
		longName = "A long name, as recorders give them 2026-05-17T18_30_00+0200_camera-3_part-002.mp4"
	)
	// Keyframes are 40 frames apart, except for two adjacent ones and a long gap.
	concat := fmt.Sprintf(fractal+"[a];"+colors+"[b];"+life+"[c];[a][b][c]concat=n=3", 14, 10, 10)
	makeVideo(t, filepath.Join(dir, "fractals.mp4"), concat,
		"-x264-params", "keyint=200:min-keyint=1:scenecut=0",
		"-force_key_frames", "expr:eq(mod(n,40),0)*(1-between(n,390,510))+eq(n,201)")
	makeVideo(t, filepath.Join(dir, "aurora.mp4"), fmt.Sprintf(colors, 8), "-g", "50")
	makeVideo(t, filepath.Join(dir, "colony.mkv"), fmt.Sprintf(life, 6), "-g", "25")
	makeVideo(t, filepath.Join(dir, longName), fmt.Sprintf(card, 5), "-g", "75")
	return dir
}

// makeVideo encodes the output of an FFmpeg filter graph as H.264, with AAC audio.
func makeVideo(t *testing.T, path, filters string, options ...string) {
	t.Helper()
	args := append([]string{
		"-filter_complex", filters + ",format=yuv420p[v]", "-f", "lavfi", "-i", "sine=frequency=330",
		"-map", "[v]", "-map", "0:a", "-shortest",
		"-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-c:a", "aac", "-b:a", "64k",
	}, options...)
	runFFmpeg(t, append(args, path)...)
}

// manyGOPs returns a folder with many.mp4, a video of small GOPs with audio. The GOPs last a second, except
// for GOP 1000, which lasts five.
func manyGOPs(t *testing.T, gops int) string {
	t.Helper()
	dir := t.TempDir()
	runFFmpeg(t, "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=64x36:rate=2:duration=%d", gops+4),
		"-f", "lavfi", "-i", "sine=frequency=220:sample_rate=8000,volume=0.1", "-shortest",
		"-c:a", "aac", "-b:a", "8k", "-c:v", "libx264", "-preset", "ultrafast", "-g", "1000",
		"-force_key_frames", "expr:if(gt(t,999.9)*lt(t,1004.1),eq(n,2000),eq(mod(n,2),0))",
		filepath.Join(dir, "many.mp4"))
	return dir
}

func runFFmpeg(t *testing.T, args ...string) {
	t.Helper()
	output, err := exec.Command("ffmpeg", append([]string{"-v", "error"}, args...)...).CombinedOutput()
	require.NoError(t, err, string(output))
}
