// Command conformance holds gop against the videos of a folder: it cuts their groups of pictures,
// reads each cut back packet by packet, and compares it with the file. Nothing is decoded.
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
	Dir     string `arg:"" help:"The folder of videos; its subfolders belong to it."`
	Jobs    int    `default:"${jobs}" help:"Files that are looked at at a time (default: the cores)."`
	GOPs    int    `name:"gops" default:"0" help:"Look at the first N GOPs of a file and at its last; 0 is all."`
	Only    string `help:"Look only at files whose names contain this."`
	JSON    string `name:"json" type:"path" help:"Write the result to this file as JSON."`
	Verbose bool   `short:"v" help:"A line for every file, with what could not be checked."`
}

// The exit statuses.
const (
	statusConform = iota // every file conforms, or is refused with a reason
	statusShort          // a file falls short, or the run did not come to its end
	statusUsage          // a wrong call
)

// run is main without its process: it returns the exit status.
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

// parse reads the command line. Where ok is false there is nothing left to do but to exit.
func parse(args []string, stdout, stderr io.Writer) (o options, status int, ok bool) {
	var about strings.Builder
	about.WriteString("Holds gop against the videos of a folder, packet by packet. The checks:\n")
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
		// --help has done its work.
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
		err = errors.New("the number of jobs must be positive")
	case o.GOPs < 0:
		err = errors.New("the number of GOPs must not be negative")
	default:
		return o, statusConform, true
	}
	_, _ = fmt.Fprintf(stderr, "conformance: %v\nTry --help.\n", err)
	return o, statusUsage, false
}

// exited is what kong's exit panics with, for parse to return.
type exited int

// openFolder opens the folder of videos, or says what is wrong with it.
func openFolder(dir string) (*library.Folder, error) {
	folder, err := library.OpenFolder(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", dir)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s is no folder", dir)
	case err != nil:
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	return folder, nil
}
