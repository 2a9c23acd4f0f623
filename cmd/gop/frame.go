package main

import (
	"context"
	"errors"

	"gop/video/cut"
)

// frameCommand writes one frame as an image.
type frameCommand struct {
	fileInput `embed:""`

	Time   string `short:"t" env:"-" placeholder:"TIME" help:"Time of the frame, such as 83.5 or 1:23.5."`
	Number int    `short:"n" default:"-1" env:"-" placeholder:"N" help:"Number of the frame, from 0."`

	Width  int    `env:"-" placeholder:"PIXELS" help:"Width of the image. Default: the frame's."`
	Format string `enum:"jpg,png,webp" default:"jpg" env:"-" help:"Format on standard output."`

	Output string `short:"o" required:"" env:"-" placeholder:"OUT" help:"File, or - for standard output."`
}

// Run writes the image.
func (c frameCommand) Run(ctx context.Context, to streams) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	v, err := c.open(to)
	if err != nil {
		return err
	}
	defer v.Close()
	out, err := createOutput(c.Output, v.file, to)
	if err != nil {
		return err
	}
	defer out.close()
	if err := c.confine(to, out.dir()); err != nil {
		return err
	}
	ix, err := v.index(ctx, c.Track, to, withKeys)
	if err != nil {
		return c.explain(err)
	}
	if err := v.image(ctx, ix, request, out); err != nil {
		return c.explain(err)
	}
	return out.complete()
}

// request returns the Frame that the options describe.
func (c frameCommand) request() (request cut.Frame, err error) {
	request = cut.Frame{
		Video: c.Track, Number: max(c.Number, 0), ByTime: c.Time != "",
		Edit: cut.Edit{Width: c.Width},
	}
	switch {
	case c.Time == "" && c.Number < 0:
		return request, errors.New("--time or --number must say which frame to write")
	case c.Time != "" && c.Number >= 0:
		return request, errors.New("--time excludes --number")
	case c.Width != 0 && (c.Width < cut.MinSide || c.Width > cut.MaxFrameWidth):
		return request, errInvalidWidth(cut.MaxFrameWidth)
	}
	if err := setTime("--time", c.Time, &request.Time); err != nil {
		return request, err
	}
	name := c.Output
	if name == "-" {
		name = "." + c.Format
	}
	request.Format, err = formatOf(name)
	return request, err
}
