package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gop/cmd/internal/progress"
	"gop/httpapi"
	"gop/video"
	"gop/video/cut"
)

// storyboardCommand writes small images of a whole video.
type storyboardCommand struct {
	fileInput `embed:""`

	Width  int    `default:"160" env:"-" help:"Width of a tile in pixels."`
	Every  int    `default:"10" env:"-" help:"Seconds between two tiles."`
	Format string `enum:"jpg,png,webp" default:"jpg" env:"-" help:"Format of the sheets: jpg, png, webp."`

	Output string `short:"o" required:"" env:"-" placeholder:"DIR" help:"Folder; it may be missing."`
}

// Run writes storyboard.vtt and the sheets that it names: 0.jpg and so on.
func (c storyboardCommand) Run(ctx context.Context, to streams) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	v, err := c.open(to)
	if err != nil {
		return err
	}
	defer v.Close()
	if err := os.Mkdir(c.Output, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := os.Stat(c.Output); err != nil || !info.IsDir() {
		return errors.Join(err, fmt.Errorf("%s is not a folder", c.Output))
	}
	if err := c.confine(to, c.Output); err != nil {
		return err
	}
	ix, err := v.index(ctx, c.Track, to, withKeys)
	if err != nil {
		return c.explain(err)
	}
	tiles, err := request.Tiles(ix)
	if err != nil {
		return c.explain(err)
	}
	bar := progress.New(to.err)
	defer bar.Close()
	for n := range tiles.Sheets() {
		bar.At(float64(n)/float64(tiles.Sheets()), fmt.Sprintf("sheet %d of %d", n+1, tiles.Sheets()))
		format, err := formatOf("." + c.Format)
		if err != nil {
			return err
		}
		sheet := cut.Sheet{Storyboard: request, Number: n, Format: format}
		write := func(out *fileOutput) error { return v.image(ctx, ix, sheet, out) }
		if err := c.write(c.sheetName(n), v.file, to, write); err != nil {
			return c.explain(err)
		}
	}
	bar.Close()
	err = c.write("storyboard.vtt", v.file, to, func(out *fileOutput) error {
		return httpapi.WriteStoryboard(out, tiles, c.sheetName)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to.out, "%s: tiles: %d, sheets: %d\n",
		filepath.Join(c.Output, "storyboard.vtt"), tiles.Count, tiles.Sheets())
	return err
}

// request returns the Storyboard that the options describe.
func (c storyboardCommand) request() (cut.Storyboard, error) {
	s := cut.Storyboard{Video: c.Track, Width: c.Width, Every: video.Thousandths(c.Every) * 1000}
	switch {
	case c.Output == "-":
		return s, errors.New("--output must be a folder; a storyboard has several files")
	case c.Width < cut.MinSide || c.Width > cut.MaxTileWidth:
		return s, errInvalidWidth(cut.MaxTileWidth)
	case s.Every < cut.MinEvery || s.Every > cut.MaxEvery:
		return s, fmt.Errorf("--every must be from %v to %v seconds", cut.MinEvery, cut.MaxEvery)
	}
	return s, nil
}

func errInvalidWidth(most int) error {
	return fmt.Errorf("--width must be from %d to %d pixels", cut.MinSide, most)
}

// sheetName returns the name of a sheet's file in the folder.
func (c storyboardCommand) sheetName(n int) string { return fmt.Sprintf("%d.%s", n, c.Format) }

// write writes a file of the folder.
func (c storyboardCommand) write(
	name string, input *os.File, to streams, write func(*fileOutput) error,
) error {
	out, err := createOutput(filepath.Join(c.Output, name), input, to)
	if err != nil {
		return err
	}
	defer out.close()
	if err := write(out); err != nil {
		return err
	}
	return out.complete()
}
