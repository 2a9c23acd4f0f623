// Command bench measures gop beside its peers, in one run: ffprobe and ffmpeg, which would be run
// for each request, and nginx, which serves the same bytes as files. scripts/bench runs it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"gop/cmd/internal/progress"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options is the command line.
type options struct {
	GOP      string   `name:"gop" required:"" type:"path" help:"The gop program."`
	Dir      string   `required:"" type:"path" help:"A folder for the videos (5.4 GiB, made once), and for what is gone after the run (1 GiB)."`
	Only     []string `placeholder:"a,c" help:"Measure these parts alone: a listing, b one GOP cold, c one GOP hot, d cost as work grows, e many requests and memory, f one key picture, g filters and encodes."`
	Rounds   int      `default:"5" help:"In each round every contender runs in turn."`
	Requests int      `default:"200000" help:"How many requests part e makes."`
	Quick    bool     `help:"Do little of everything, to try it out."`
	JSON     string   `name:"json" type:"path" help:"Write all figures to this file as JSON."`
	Doc      string   `type:"path" help:"Write the report to this file as Markdown."`
}

// chosen tells whether a part is to be measured.
func (o options) chosen(letter string) bool {
	return len(o.Only) == 0 || slices.Contains(o.Only, letter)
}

// The exit statuses.
const (
	statusDone   = iota
	statusFailed // it did not come to its end
	statusUsage  // a wrong call
)

// run is main without its process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, status, ok := parse(args, stdout, stderr)
	if !ok {
		return status
	}
	err := measure(ctx, o, stdout, stderr)
	switch {
	case err == nil:
		return statusDone
	case ctx.Err() != nil:
		err = errors.New("interrupted")
	}
	_, _ = fmt.Fprintln(stderr, "bench:", err)
	return statusFailed
}

// measure does all that the options ask for.
func measure(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	r := &report{Date: time.Now(), Rounds: o.Rounds, Quick: o.Quick}
	if r.Machine, err = thisMachine(ctx, o.GOP); err != nil {
		return err
	}
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	bar := progress.New(stderr)
	defer bar.Close()
	began := time.Now()
	r.Sections, err = b.run(ctx, func(part float64, text string) { bar.Step(part, text, text) })
	if err != nil {
		return err
	}
	r.Seconds = time.Since(began).Seconds()
	bar.Close()
	return r.writeAll(o, stdout)
}

// parse reads the command line. Where ok is false there is nothing left to do but to exit.
func parse(args []string, stdout, stderr io.Writer) (o options, status int, ok bool) {
	parser, err := kong.New(&o,
		kong.Name("bench"),
		kong.Description("Measures gop beside ffprobe, ffmpeg and nginx, and tells which targets are reached. It takes about a quarter of an hour; --quick takes two."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exited(code)) }),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "bench:", err)
		return o, statusUsage, false
	}
	defer func() {
		// --help has done its work.
		if cause := recover(); cause != nil {
			code, is := cause.(exited)
			if !is {
				panic(cause)
			}
			status, ok = int(code), false
		}
	}()
	if _, err = parser.Parse(args); err == nil {
		err = o.check()
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "bench: %v\nTry --help.\n", err)
		return o, statusUsage, false
	}
	if o.Quick {
		o.Rounds, o.Requests = min(o.Rounds, 2), min(o.Requests, 5000)
	}
	return o, statusDone, true
}

// check tells what is wrong with the options.
func (o options) check() error {
	letters := ""
	for _, p := range parts {
		letters += p.letter
	}
	for _, letter := range o.Only {
		if len(letter) != 1 || !strings.Contains(letters, letter) {
			return fmt.Errorf("there is no part %q: they are %s", letter, letters)
		}
	}
	switch {
	case o.Rounds < 1:
		return errors.New("the number of rounds must be positive")
	case o.Requests < 1:
		return errors.New("the number of requests must be positive")
	}
	return nil
}

// exited is what kong's exit panics with, for parse to return.
type exited int

// writeAll writes the report to where the options say.
func (r *report) writeAll(o options, stdout io.Writer) error {
	var doc, data strings.Builder
	if err := errors.Join(r.writeText(stdout), r.writeDoc(&doc), r.writeJSON(&data)); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	for path, text := range map[string]string{o.Doc: doc.String(), o.JSON: data.String()} {
		if path == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}
