// Command conformance checks gop against a folder of videos. It cuts the groups of pictures of each file,
// demuxes the segments, and compares them with the file packet by packet. It decodes nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"gop/av"
	"gop/library"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options is the command line.
type options struct {
	Dir     string `arg:"" help:"The folder of videos, with its subfolders."`
	Jobs    int    `default:"${jobs}" help:"Files to check at a time (default: the number of cores)."`
	GOPs    int    `name:"gops" default:"0" help:"Check the first N GOPs of a file and its last; 0 is all."`
	Only    string `help:"Check only files whose names contain this."`
	JSON    string `name:"json" type:"path" help:"Write the results to this file as JSON."`
	Verbose bool   `short:"v" help:"Print a line for every file, with the checks that were skipped."`
}

// The exit statuses.
const (
	statusConforms   = iota // every file conforms or is refused with a reason
	statusFallsShort        // a file falls short, or the run was interrupted
	statusUsage             // the command line is wrong
)

// run parses args, runs the checks and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, status, ok := parse(args, stdout, stderr)
	if !ok {
		return status
	}
	folder, err := openFolder(o.Dir)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "conformance:", err)
		return statusUsage
	}
	defer func() { _ = folder.Close() }()
	config := av.NewDefaultConfig()
	config.IdleDemuxers = o.Jobs
	engine := av.New(config, slog.New(slog.DiscardHandler))
	defer engine.Close()
	c := &checker{engine: engine, folder: folder, firstGOPs: o.GOPs, maxPackets: config.MaxPackets}
	status, err = checkAll(ctx, c, o, stdout, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "conformance:", err)
	}
	return status
}

// parse parses the command line. If ok is false, the caller exits with status.
func parse(args []string, stdout, stderr io.Writer) (o options, status int, ok bool) {
	var about strings.Builder
	about.WriteString("Checks gop against a folder of videos, packet by packet. The checks:\n")
	for _, c := range checks {
		fmt.Fprintf(&about, "\n    %s: %s", c.name, c.about)
	}
	parser, err := kong.New(&o,
		kong.Name("conformance"),
		kong.Description(about.String()),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.Vars{"jobs": strconv.Itoa(runtime.GOMAXPROCS(0))},
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "conformance:", err)
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
	_, err = parser.Parse(args)
	switch {
	case err != nil:
	case o.Jobs < 1:
		err = errors.New("--jobs must be positive")
	case o.GOPs < 0:
		err = errors.New("--gops must not be negative")
	default:
		return o, statusConforms, true
	}
	_, _ = fmt.Fprintf(stderr, "conformance: %v\nTry --help.\n", err)
	return o, statusUsage, false
}

// exited is the panic value of kong's exit function. parse recovers it.
type exited int

// openFolder opens the folder of videos.
func openFolder(dir string) (*library.Folder, error) {
	folder, err := library.OpenFolder(dir, library.FolderConfig{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("folder %s does not exist", dir)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s is not a folder", dir)
	case err != nil:
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	return folder, nil
}
