package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"gop/httpapi"
	"gop/video"
)

// indexCommand lists the GOPs of a file.
type indexCommand struct {
	fileInput `embed:""`

	JSON bool `name:"json" env:"-" help:"Print JSON: the server's listing, without links."`
}

// Run prints the listing.
func (c indexCommand) Run(ctx context.Context, to streams) error {
	v, err := c.open(to)
	if err != nil {
		return err
	}
	defer v.Close()
	if err := c.confine(to, ""); err != nil {
		return err
	}
	ix, err := v.index(ctx, c.Track, to, withKeys)
	if err != nil {
		return c.explain(err)
	}
	if c.JSON {
		return httpapi.WriteListing(to.out, ix)
	}
	return printIndex(to.out, ix)
}

// explain returns the error of a call of the engine as users read it.
func (in fileInput) explain(err error) error {
	return fmt.Errorf("%s: %s", in.File, video.Message(err))
}

// printIndex prints a line that describes the video and a table of its GOPs.
func printIndex(to io.Writer, ix *video.Index) error {
	track, s := ix.Track(), ix.Summary()
	about := []string{
		fmt.Sprintf("%s %dx%d", track.Codec, track.Width, track.Height),
		clock(s.Duration.Micros(track.TimeBase)),
		fmt.Sprintf("%d frames in %d GOPs", s.Frames, s.GOPs),
	}
	if s.AudioCodec != "" {
		about = append(about, "audio "+s.AudioCodec)
	}
	if reason := ix.AudioUnsupported(); reason != "" {
		about = append(about, "audio left out: "+reason)
	}
	name := video.PrintableName(ix.Video.Name)
	if _, err := fmt.Fprintf(to, "%s: %s\n", name, strings.Join(about, ", ")); err != nil {
		return err
	}
	table := tabwriter.NewWriter(to, 0, 8, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "gop\tstart\tduration\tframes\tbytes\tkey\t")
	for _, g := range ix.GOPs.All() {
		start, duration := clock(g.Start.Micros(track.TimeBase)), g.Duration().Seconds(track.TimeBase)
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%d\t%s\t\n",
			g.Number, start, duration, g.Frames, g.Bytes, keyName(g))
	}
	return table.Flush()
}

// keyName describes the keyframe of a GOP.
func keyName(g video.GOP) string {
	name := string(g.KeyType)
	if !g.Closed {
		name += ", open"
	}
	if g.Trimmed {
		name += ", trimmed"
	}
	return name
}

// clock formats microseconds as h:mm:ss.ffffff, which gop cut accepts.
func clock(us int64) string {
	sign := ""
	if us < 0 {
		sign, us = "-", -us
	}
	seconds := us / 1e6
	return fmt.Sprintf("%s%d:%02d:%02d.%06d", sign, seconds/3600, seconds/60%60, seconds%60, us%1e6)
}
