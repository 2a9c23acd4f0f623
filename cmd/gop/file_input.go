package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gop/av"
	"gop/cmd/internal/progress"
	"gop/video"
	"gop/video/cut"
)

// fileInput is the video that a command reads, with the options that all such commands have.
type fileInput struct {
	File string `arg:"" help:"Video file."`

	Track int `name:"video" default:"1" env:"-" help:"Number of the video track, from 1."`

	NoSandbox bool `env:"-" help:"Do not restrict the process with Landlock."`
}

// maxCutBytes bounds the packets of one mp4. They are in memory if the mp4 must frame them differently.
const maxCutBytes = 4 << 30

// openVideo is an open file and the engine that reads it. The caller closes it.
type openVideo struct {
	video.Video
	file   *os.File
	engine *av.Engine
}

// open opens the file. Its errors name it.
func (in fileInput) open(to streams) (*openVideo, error) {
	info, err := os.Stat(in.File) // opening a pipe would wait
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", in.File)
	}
	file, err := os.Open(in.File)
	if err != nil {
		return nil, err
	}
	config := av.NewDefaultConfig()
	config.MaxSegmentBytes = maxCutBytes
	return &openVideo{
		Video: video.Video{
			Name: filepath.Base(in.File), Size: info.Size(), ModTime: info.ModTime(), Version: "1",
		},
		file: file, engine: av.New(config, quietLog(to)),
	}, nil
}

// confine enters the sandbox, in which the process opens no other file than those that it makes in the folder
// writable; "" stands for none.
func (in fileInput) confine(to streams, writable string) error {
	if in.NoSandbox {
		return nil
	}
	return sandbox("", writable, quietLog(to))
}

// quietLog logs warnings and errors.
func quietLog(to streams) *slog.Logger {
	return slog.New(slog.NewTextHandler(to.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// Close frees the engine and closes the file.
func (v *openVideo) Close() {
	v.engine.Close()
	_ = v.file.Close() // nothing was written to it
}

// opener returns the function that the engine opens the file with. Its files share one descriptor, so it
// works in the sandbox.
func (v *openVideo) opener() av.Opener {
	return func(context.Context) (video.File, error) { return sharedFile{v.file}, nil }
}

// sharedFile is an open file that its user does not close.
type sharedFile struct{ io.ReaderAt }

// Close implements io.Closer.
func (sharedFile) Close() error { return nil }

// index indexes the n-th video track, and shows on a terminal how much of the file has been read. It reads
// the keyframes if needsKeys says so.
func (v *openVideo) index(
	ctx context.Context, n int, to streams, needsKeys func(*video.Index) bool,
) (*video.Index, error) {
	bar := progress.New(to.err)
	defer bar.Close()
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				bar.At(float64(v.engine.BytesRead())/float64(max(v.Size, 1)), "indexing "+v.Name)
			}
		}
	}()
	defer func() { close(done); <-stopped }()
	ix, err := v.engine.Index(ctx, v.Video, n, v.opener())
	if err != nil || !needsKeys(ix) {
		return ix, err
	}
	return v.engine.ReadKeys(ctx, ix, v.opener())
}

// image makes an image of the video and writes it.
func (v *openVideo) image(ctx context.Context, ix *video.Index, image cut.Image, to io.Writer) error {
	frames := func(gop int) ([]video.Frame, error) { return v.engine.Frames(ctx, ix, gop, gop, v.opener()) }
	key, err := image.Resolve(ix, frames)
	if err != nil {
		return err
	}
	made, err := v.engine.Thumbnail(ctx, ix, key, v.opener())
	if err != nil {
		return err
	}
	_, err = to.Write(made.Data)
	return err
}

// withKeys has index read the keyframes.
func withKeys(*video.Index) bool { return true }

// formatOf returns the image format of a file's extension.
func formatOf(path string) (video.ImageFormat, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jpg", ".jpeg":
		return video.JPEG, nil
	case ".png":
		return video.PNG, nil
	case ".webp":
		return video.WebP, nil
	}
	return "", fmt.Errorf("--output must end in .jpg, .png or .webp, not %q", filepath.Base(path))
}
