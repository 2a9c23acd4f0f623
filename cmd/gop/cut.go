package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gop/cmd/internal/progress"
	"gop/video"
	"gop/video/cut"
)

// cutCommand writes a GOP, a run of GOPs or a clip as an mp4.
type cutCommand struct {
	fileInput `embed:""`

	GOP   string `name:"gop" env:"-" placeholder:"I-J" help:"GOPs by number, from 0: 3 or 3-9."`
	From  string `env:"-" placeholder:"TIME" help:"Start, such as 83.5 or 1:23.5. Default: the video's."`
	To    string `env:"-" placeholder:"TIME" help:"End, such as 83.5 or 1:23.5. Default: the video's."`
	Exact bool   `env:"-" help:"Present only the frames from --from to --to, not whole GOPs."`

	Audio int `default:"-1" env:"-" placeholder:"N" help:"Audio track, from 1; 0 is none."`

	Output string `short:"o" required:"" env:"-" placeholder:"OUT" help:"File, or - for standard output."`
}

// Run writes the mp4, and prints its GOPs and times unless it is written to standard output.
func (c cutCommand) Run(ctx context.Context, to streams) error {
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
	ix, err := v.index(ctx, c.Track, to, request.NeedsKeys)
	if err != nil {
		return c.explain(err)
	}
	key, err := request.Resolve(ix)
	if err != nil {
		return c.explain(err)
	}
	segment, err := v.engine.Segment(ctx, ix, key, v.opener())
	if err != nil {
		return c.explain(err)
	}
	bar := progress.New(to.err)
	err = v.write(ctx, out, segment, bar)
	bar.Close()
	if err != nil {
		return err
	}
	if err := out.complete(); err != nil {
		return err
	}
	if reason := cmp.Or(request.AudioLeftOut(ix), segment.AudioLeftOut); reason != "" {
		_, _ = fmt.Fprintf(to.err, "gop: without audio: %s\n", reason)
	}
	if c.Output == "-" {
		return nil
	}
	base, covered := ix.Track().TimeBase, ix.Covered(key)
	_, err = fmt.Fprintf(to.out, "%s: GOPs %d to %d, %s to %s, %d bytes\n", c.Output, key.GOP, key.LastGOP(),
		clock(covered.From.Micros(base)), clock(covered.To.Micros(base)), segment.Size)
	return err
}

// request returns the Cut that the options describe.
func (c cutCommand) request() (request cut.Cut, err error) {
	isClip := c.From != "" || c.To != ""
	switch {
	case c.GOP != "" && (isClip || c.Exact):
		return request, errors.New("--gop excludes --from, --to and --exact")
	case c.GOP == "" && !isClip:
		return request, errors.New("--gop, --from or --to must say what to cut")
	case isClip:
		request.Clip = cut.Clip{To: cut.End, Exact: c.Exact}
		err = errors.Join(
			setTime("--from", c.From, &request.Clip.From), setTime("--to", c.To, &request.Clip.To))
		if err == nil && request.Clip.From >= request.Clip.To {
			err = errors.New("--to must be later than --from")
		}
	default:
		request.GOP, request.More, err = parseRun(c.GOP)
	}
	request.Video = c.Track
	switch {
	case c.Audio == 0:
		request.Audio = cut.NoAudio
	case c.Audio > 0:
		request.Audio = c.Audio
	}
	return request, err
}

// setTime parses the value of an option. It leaves micros as it is if the option is not given.
func setTime(option, text string, micros *int64) error {
	if text == "" {
		return nil
	}
	parsed, ok := cut.ParseTime(text)
	if !ok {
		return fmt.Errorf(
			"%s must be a time in seconds or as h:mm:ss, with at most 6 decimals, not %q", option, text)
	}
	*micros = parsed
	return nil
}

// parseRun parses the number of a GOP, or of the first and the last one of a run.
func parseRun(text string) (first, more int, err error) {
	from, to, isRun := strings.Cut(text, "-")
	if !isRun {
		to = from
	}
	i, iErr := strconv.ParseUint(from, 10, 31)
	j, jErr := strconv.ParseUint(to, 10, 31)
	if iErr != nil || jErr != nil || j < i {
		return 0, 0, fmt.Errorf("--gop must be the number of a GOP or two, such as 3 or 3-9, not %q", text)
	}
	return int(i), int(j - i), nil
}

// write writes a segment, and shows on a terminal how much of it is written.
func (v *openVideo) write(
	ctx context.Context, to io.Writer, segment *video.Segment, bar *progress.Bar,
) error {
	const atOnce = 4 << 20 // bytes
	written := int64(0)
	for _, p := range segment.Parts {
		source := io.Reader(bytes.NewReader(p.Data))
		if p.Data == nil {
			source = io.NewSectionReader(v.file, p.Offset, p.Length)
		}
		for left := p.Size(); left > 0; {
			n, err := io.CopyN(to, source, min(left, atOnce))
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return fmt.Errorf("copy the packets: %w", err)
			}
			left -= n
			written += n
			bar.At(float64(written)/float64(segment.Size), "writing")
		}
	}
	return nil
}
