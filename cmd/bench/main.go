// Command bench compares gop with ffprobe and ffmpeg, run once per request, and with nginx, serving the
// same bytes as static files. scripts/bench runs it.
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

// onlyHelp is the help of --only.
const onlyHelp = "Run only these parts: a listing, b cold GOP, c hot GOP, d cost by duration, " +
	"e many requests and memory, f thumbnail, g filters and transcodes, h first touch."

// peerHelp is the help of --peer.
const peerHelp = "Another server to measure with one GOP of each video, such as " +
	"vod=http://127.0.0.1:81/{name}/clipFrom/{from_ms}/clipTo/{to_ms}.mp4. It serves the folder videos-" +
	recipe + " of --dir. Placeholders: {name}, {gop}, {from_ms}, {to_ms}. May be repeated."

// options is the command line.
type options struct {
	GOP      string   `name:"gop" required:"" type:"path" help:"The gop program."`
	Dir      string   `required:"" type:"path" help:"Folder for videos (26 GiB) and scratch files."`
	Only     []string `placeholder:"a,c" help:"${only}"`
	Peer     []string `placeholder:"NAME=URL" sep:"none" help:"${peer}"`
	Rounds   int      `default:"5" help:"Number of rounds."`
	Requests int      `default:"200000" help:"Number of requests in part e."`
	Quick    bool     `help:"Do little work in each part, to try the benchmark."`
	JSON     string   `name:"json" type:"path" help:"Write all measurements to this file as JSON."`
	Doc      string   `type:"path" help:"Write the report to this file as Markdown."`
}

// selected reports whether a part is to be run.
func (o options) selected(letter string) bool {
	return len(o.Only) == 0 || slices.Contains(o.Only, letter)
}

// The exit statuses.
const (
	statusDone   = iota
	statusFailed // the run failed or was interrupted
	statusUsage  // the command line is wrong
)

// run parses args, runs the benchmark and returns the exit status.
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

// measure runs the benchmark and writes the report.
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
	started := time.Now()
	r.Sections, err = b.run(ctx, func(fraction float64, text string) { bar.Step(fraction, text, text) })
	if err != nil {
		return err
	}
	r.Seconds = time.Since(started).Seconds()
	bar.Close()
	return r.writeAll(o, stdout)
}

// parse parses the command line. If ok is false, the caller exits with status.
func parse(args []string, stdout, stderr io.Writer) (o options, status int, ok bool) {
	parser, err := kong.New(&o,
		kong.Name("bench"),
		kong.Description("Compares gop with ffprobe, ffmpeg and nginx, and prints which targets are met. "+
			"It takes about 20 minutes; with --quick, 3 minutes."),
		kong.Vars{"only": onlyHelp, "peer": peerHelp},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exited(code)) }),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "bench:", err)
		return o, statusUsage, false
	}
	defer func() {
		// --help has been printed.
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

// check validates the options.
func (o options) check() error {
	letters := ""
	for _, p := range parts {
		letters += p.letter
	}
	for _, letter := range o.Only {
		if len(letter) != 1 || !strings.Contains(letters, letter) {
			return fmt.Errorf("unknown part %q: the parts are %s", letter, letters)
		}
	}
	switch {
	case o.Rounds < 1:
		return errors.New("--rounds must be positive")
	case o.Requests < 1:
		return errors.New("--requests must be positive")
	}
	for _, text := range o.Peer {
		if _, err := parsePeer(text); err != nil {
			return err
		}
	}
	return nil
}

// exited is the panic value of kong's exit function. parse recovers it.
type exited int

// writeAll writes the report to stdout and to the files that the options name.
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
