// Command load tests gop under overload, beside transcodes and with mixed and malformed requests.
// scripts/load runs it.
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
	GOP      string        `name:"gop" required:"" type:"path" help:"The gop program."`
	Videos   string        `required:"" type:"path" help:"A folder of videos for the mixed requests."`
	Dir      string        `required:"" type:"path" help:"A folder for what is gone after the run (200 MB)."`
	Time     time.Duration `default:"30s" help:"How long the overload lasts, and what is asked beside encodes."`
	Requests int           `default:"100000" help:"How many mixed requests are made."`
	Only     []string      `enum:"overload,encodes,mixed" default:"overload,encodes,mixed" help:"Try these alone: overload, encodes, mixed."`
	Rest     time.Duration `default:"65s" help:"How long the server rests before it is looked at: what it keeps for a minute is gone then."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	kong.Parse(&o, kong.Name("load"), kong.Description("Puts gop under ten times the load that it can bear, asks it for GOPs beside encodes, and makes mixed requests, many of them wrong. Prints Markdown. The exit status is 1 where a promise is broken."))
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

	var found []figures
	for _, part := range parts {
		if !slices.Contains(o.Only, part.name) {
			continue
		}
		one, err := part.run(ctx, o, scratch, bar)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		found = append(found, one)
	}
	bar.Close()
	var broken []error
	for _, one := range found {
		broken = append(broken, one.write(stdout))
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
	{"encodes", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return besideEncodes(ctx, o, scratch, bar)
	}},
	{"mixed", func(ctx context.Context, o options, scratch string, bar *progress.Bar) (figures, error) {
		return mixedRequests(ctx, o, scratch, bar)
	}},
}

// promise is a measurement with a limit.
type promise struct {
	what   string
	figure string
	kept   bool
}

// writePromises writes a table of promises. It returns an error that names the broken ones.
func writePromises(w io.Writer, promises []promise) error {
	var broken []error
	_, _ = fmt.Fprintf(w, "| promise | found | |\n|---|---|---|\n")
	for _, p := range promises {
		mark := "kept"
		if !p.kept {
			mark = "**broken**"
			broken = append(broken, fmt.Errorf("%s: %s", p.what, p.figure))
		}
		_, _ = fmt.Fprintf(w, "| %s | %s | %s |\n", p.what, p.figure, mark)
	}
	_, _ = fmt.Fprintln(w)
	return errors.Join(broken...)
}
