package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sampleFile = "../../testdata/h264-bframes-aac.mp4"

// runProgram runs gop in a process of its own, since commands restrict their process.
func runProgram(t *testing.T, args ...string) (status int, stdout, stderr []byte) {
	t.Helper()
	isBuilt = true
	program, err := builtProgram()
	require.NoError(t, err)
	child := exec.Command(program, args...)
	var out, log bytes.Buffer
	child.Stdout, child.Stderr = &out, &log
	if err := child.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return child.ProcessState.ExitCode(), out.Bytes(), log.Bytes()
}

// gop index --json prints the server's listing without links.
func TestIndexPrintsTheListing(t *testing.T) {
	status, stdout, stderr := runProgram(t, "index", "--json", sampleFile)
	assert.Zero(t, status)
	assert.Empty(t, string(stderr))
	p := serveFolder(t, folderOf(t, filepath.Base(sampleFile)))
	var want, got []map[string]any
	_, body := p.get(t, "/videos/"+filepath.Base(sampleFile)+"/group-of-pictures.json")
	require.NoError(t, json.Unmarshal(body, &want))
	for _, entry := range want {
		delete(entry["gop"].(map[string]any), "href")
	}
	require.NoError(t, json.Unmarshal(stdout, &got))
	assert.Equal(t, want, got)
}

func TestIndexPrintsATable(t *testing.T) {
	status, stdout, stderr := runProgram(t, "index", sampleFile)
	assert.Zero(t, status)
	assert.Empty(t, string(stderr))
	want := []string{
		"h264-bframes-aac.mp4: h264 192x108, 0:00:04.000000, 100 frames in 4 GOPs, audio aac",
		"  gop           start  duration  frames  bytes  key",
		"    1  0:00:01.000000  1.000000      25   9315  idr",
	}
	got := strings.Split(string(stdout), "\n")
	require.Len(t, got, 7)
	assert.Equal(t, want, []string{got[0], strings.TrimRight(got[1], " "), strings.TrimRight(got[3], " ")})
}

// gop cut writes the bytes that the server sends.
func TestCutWritesTheServersBytes(t *testing.T) {
	p := serveFolder(t, folderOf(t, filepath.Base(sampleFile)))
	video := "/videos/" + filepath.Base(sampleFile)
	for _, test := range []struct {
		args []string
		path string
	}{
		{[]string{"--gop", "1"}, video + "/group-of-pictures/1.mp4"},
		{[]string{"--gop", "0-1"}, video + "/group-of-pictures/0-1.mp4"},
		{[]string{"--gop", "1", "--audio", "0"}, video + "/group-of-pictures/1.mp4?audio=0"},
		{[]string{"--from", "0.5", "--to", "0:01.5"}, video + "/clip.mp4?from=0.5&to=1.5"},
		{[]string{"--from", "0.5", "--exact"}, video + "/clip.mp4?from=0.5&cut=exact"},
	} {
		_, want := p.get(t, test.path)
		args := append([]string{"cut", sampleFile}, test.args...)
		status, stdout, stderr := runProgram(t, append(args, "-o", "-")...)
		assert.Zero(t, status, test.args)
		assert.Empty(t, string(stderr), test.args)
		assert.True(t, bytes.Equal(want, stdout), "%v: %d bytes, want %d", test.args, len(stdout), len(want))

		out := filepath.Join(t.TempDir(), "out.mp4")
		status, stdout, stderr = runProgram(t, append(args, "-o", out)...)
		assert.Zero(t, status, test.args)
		assert.Empty(t, string(stderr), test.args)
		assert.Regexp(t, `\A\S+out.mp4: GOPs \d+ to \d+, \S+ to \S+, \d+ bytes\n\z`, string(stdout))
		got, err := os.ReadFile(out)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want, got), test.args)
	}
}

// gop frame writes the image that the server sends.
func TestFrameWritesTheServersBytes(t *testing.T) {
	p := serveFolder(t, folderOf(t, filepath.Base(sampleFile)))
	for _, test := range []struct {
		args        []string
		out, target string
	}{
		{[]string{"-t", "1.5"}, "out.jpg", "frame.jpg?t=1.5"},
		{[]string{"-n", "30"}, "out.png", "frame.png?n=30"},
		{[]string{"--time", "0:00:02", "--width", "64"}, "out.webp", "frame.webp?t=2&width=64"},
		{[]string{"-n", "0", "--format", "png"}, "-", "frame.png?n=0"},
	} {
		_, want := p.get(t, "/videos/"+filepath.Base(sampleFile)+"/"+test.target)
		out := test.out
		if out != "-" {
			out = filepath.Join(t.TempDir(), out)
		}
		args := append([]string{"frame", sampleFile, "-o", out}, test.args...)
		status, stdout, stderr := runProgram(t, args...)
		assert.Zero(t, status, test.args)
		assert.Empty(t, string(stderr), test.args)
		if out != "-" {
			assert.Empty(t, stdout)
			var err error
			stdout, err = os.ReadFile(out)
			require.NoError(t, err)
		}
		assert.True(t, bytes.Equal(want, stdout), test.args)
	}
}

// gop storyboard writes the files that the server sends, with links to the files beside it.
func TestStoryboardWritesTheServersFiles(t *testing.T) {
	p := serveFolder(t, folderOf(t, filepath.Base(sampleFile)))
	dir := filepath.Join(t.TempDir(), "new")
	args := []string{"storyboard", sampleFile, "--every", "1", "--width", "32", "-o", dir}
	status, stdout, stderr := runProgram(t, args...)
	assert.Zero(t, status)
	assert.Empty(t, string(stderr))
	assert.Equal(t, filepath.Join(dir, "storyboard.vtt")+": tiles: 4, sheets: 1\n", string(stdout))
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return data
	}
	video := "/videos/" + filepath.Base(sampleFile) + "/"
	_, cues := p.get(t, video+"storyboard.vtt?every=1&width=32")
	links := regexp.MustCompile(`storyboard/(\d+\.jpg)\?[^#\s]*`)
	assert.Equal(t, links.ReplaceAllString(string(cues), "$1"), string(read("storyboard.vtt")))
	_, sheet := p.get(t, video+"storyboard/0.jpg?every=1&width=32")
	assert.True(t, bytes.Equal(sheet, read("0.jpg")))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 2)
}

// A command that fails leaves the output file as it was, and no other file.
func TestCutThatFailsKeepsTheOutput(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.mp4")
	require.NoError(t, os.WriteFile(out, []byte("old"), 0o600))
	status, stdout, stderr := runProgram(t, "cut", sampleFile, "--gop", "99", "-o", out)
	assert.Equal(t, 1, status)
	assert.Empty(t, string(stdout))
	assert.Regexp(t, `\Agop: .*: the video has no GOP 99; it has \d+, numbered from 0\n\z`, string(stderr))
	kept, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, "old", string(kept))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 1)
}

// A command does not overwrite its input, also under another name.
func TestCutKeepsItsInput(t *testing.T) {
	dir := folderOf(t, filepath.Base(sampleFile))
	input, link := filepath.Join(dir, filepath.Base(sampleFile)), filepath.Join(dir, "link.mp4")
	require.NoError(t, os.Symlink(input, link))
	want, err := os.ReadFile(input)
	require.NoError(t, err)
	for _, out := range []string{input, link} {
		for _, args := range [][]string{{"cut", "--gop", "1"}, {"frame", "-n", "1"}} {
			status, stdout, stderr := runProgram(t, append(args, input, "-o", out)...)
			assert.Equal(t, 1, status, args)
			assert.Empty(t, stdout, args)
			assert.NotEmpty(t, stderr, args)
		}
	}
	kept, err := os.ReadFile(input)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, kept))
}

func TestErrorsOfFileCommands(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.mp4")
	cut := func(args ...string) []string { return append([]string{"cut", sampleFile, "-o", "-"}, args...) }
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string // a regular expression
	}{
		"missing file": {[]string{"index", missing}, 1, `stat .*missing.mp4: no such file or directory`},
		"folder":       {[]string{"index", t.TempDir()}, 1, `.* is not a regular file`},
		"no file":      {[]string{"index"}, 2, `expected "<file>"` + "\nTry gop --help."},
		"no output": {
			[]string{"cut", sampleFile, "--gop", "1"}, 2, "missing flags: --output=OUT\nTry gop --help.",
		},
		"nothing to cut": {cut(), 1, `--gop, --from or --to must say what to cut`},
		"both":           {cut("--gop", "1", "--from", "1"), 1, `--gop excludes --from, --to and --exact`},
		"malformed run":  {cut("--gop", "3-1"), 1, `--gop must be the number of a GOP or two, .*, not "3-1"`},
		"malformed time": {cut("--from", "x"), 1, `--from must be a time in seconds .*, not "x"`},
		"reversed times": {cut("--from", "2", "--to", "1"), 1, `--to must be later than --from`},
		"no frame": {
			[]string{"frame", sampleFile, "-o", "-"}, 1, `--time or --number must say which frame to write`,
		},
		"two frames": {
			[]string{"frame", sampleFile, "-o", "-", "-t", "1", "-n", "1"}, 1, `--time excludes --number`,
		},
		"unknown image": {
			[]string{"frame", sampleFile, "-n", "1", "-o", "x.gif"},
			1,
			`--output must end in .jpg, .png or .webp, not "x.gif"`,
		},
		"no width": {
			[]string{"frame", sampleFile, "-n", "1", "-o", "-", "--width", "1"},
			1,
			`--width must be from 16 to 4096 pixels`,
		},
		"storyboard on standard output": {
			[]string{"storyboard", sampleFile, "-o", "-"}, 1, `--output must be a folder; .*`,
		},
		"file as storyboard": {
			[]string{"storyboard", sampleFile, "-o", sampleFile}, 1, `.* is not a folder`,
		},
		"output nowhere": {
			[]string{"cut", sampleFile, "--gop", "1", "-o", missing + "/x.mp4"},
			1,
			`create .*/x.mp4: no such file or directory`,
		},
		"rare tiles": {
			[]string{"storyboard", sampleFile, "-o", "x", "--every", "0"}, 1, `--every must be from 1 .*`,
		},
		"output folder": {
			[]string{"cut", sampleFile, "--gop", "1", "-o", t.TempDir()}, 1, `.* is not a regular file`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := ran(t, test.args...)
			assert.Equal(t, test.status, status)
			assert.Empty(t, stdout)
			assert.Regexp(t, `\Agop: `+test.want+`\n\z`, stderr)
		})
	}
}
