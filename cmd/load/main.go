// Command load tests gop under overload, with a giant video, beside slow readers, stalled storage and
// transcodes, and with mixed and malformed requests. scripts/load runs it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"gop/cmd/internal/progress"
)

// options is the command line.
type options struct {
	GOP string `name:"gop" required:"" type:"path" help:"The gop program."`

	Videos string `required:"" type:"path" help:"Folder of videos for the mixed requests."`

	Dir string `required:"" type:"path" help:"Folder for temporary files of 700 MB."`

	Time time.Duration `default:"30s" help:"Duration of each load, except for the mixed requests."`

	Requests int `default:"100000" help:"Number of mixed requests."`

	Only []string `enum:"${parts}" default:"${parts}" help:"Parts to run."`

	Rest time.Duration `default:"65s" help:"Idle time before open files and memory are measured."`
}

const description = "Sends gop ten times the load of its capacity, requests listings of a giant video, " +
	"pages of many videos, and GOPs beside slow readers, stalled storage and transcodes, and sends mixed " +
	"and malformed requests. Prints Markdown. The exit status is 1 if a promise is broken."

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	kong.Parse(&o, kong.Name("load"), kong.Description(description),
		kong.Vars{"parts": "overload,giant,many,slow,stalled,transcodes,mixed"})
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// run runs the parts and writes their results. It returns an error if a part fails or a promise is broken.
func run(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(o.Dir, "run-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	bar := progress.New(stderr)
	defer bar.Close()

	var results []figures
	for _, part := range parts {
		if !slices.Contains(o.Only, part.name) {
			continue
		}
		result, err := part.run(ctx, o, scratch, bar)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		results = append(results, result)
	}
	bar.Close()
	var broken []error
	for _, result := range results {
		broken = append(broken, result.write(stdout))
	}
	return errors.Join(broken...)
}

// figures is the result of a part.
type figures interface {
	// write writes the result and returns an error that names the broken promises.
	write(w io.Writer) error
}

// parts lists the parts in order.
var parts = []struct {
	name string
	run  func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error)
}{
	{"overload", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return overload(ctx, o, filepath.Join(scratch, "overload"), bar)
	}},
	{"giant", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return giantListings(ctx, o, filepath.Join(scratch, "giant"), bar)
	}},
	{"many", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return manyVideos(ctx, o, filepath.Join(scratch, "many"), bar)
	}},
	{"slow", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return besideSlowReaders(ctx, o, scratch, bar)
	}},
	{"stalled", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return besideStalledStorage(ctx, o, scratch, bar)
	}},
	{"transcodes", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return besideTranscodes(ctx, o, scratch, bar)
	}},
	{"mixed", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return mixedRequests(ctx, o, scratch, bar)
	}},
}

// promise is a measurement with a limit.
type promise struct {
	text   string // names the measurement and its limit
	figure string // measured
	kept   bool
}

// writePromises writes a table of promises. It returns an error that names the broken ones.
func writePromises(w io.Writer, promises []promise) error {
	var broken []error
	_, _ = fmt.Fprintf(w, "| promise | measured | |\n|---|---|---|\n")
	for _, p := range promises {
		mark := "kept"
		if !p.kept {
			mark = "**broken**"
			broken = append(broken, fmt.Errorf("%s: %s", p.text, p.figure))
		}
		_, _ = fmt.Fprintf(w, "| %s | %s | %s |\n", p.text, p.figure, mark)
	}
	_, _ = fmt.Fprintln(w)
	return errors.Join(broken...)
}
