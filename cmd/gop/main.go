// Command gop serves the groups of pictures of video files over HTTP.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// commands is what gop can do. Every flag of serve has an environment variable too.
type commands struct {
	Serve   serve   `cmd:"" default:"withargs" help:"Serve a folder of videos (this is what gop does where no command is named)."`
	Health  health  `cmd:"" help:"Ask a running server whether it is well; the exit status tells."`
	Sign    sign    `cmd:"" help:"Sign a URL for a server that wants signed ones."`
	Version version `cmd:"" help:"Print the versions of gop and of what it is made of."`
}

// streams is where a command writes: results to out, and all else to err.
type streams struct{ out, err io.Writer }

// run is main without its process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c commands
	status := 0
	parser, err := kong.New(&c,
		kong.Name("gop"),
		kong.Description("Groups of pictures, served: lists the GOPs of video files, and serves each as an mp4 of its own."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { status = code; panic(exited{}) }),
		kong.Vars(defaults()),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{stdout, stderr}),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "gop:", err)
		return 2
	}
	defer func() {
		// --help has done its work.
		if cause := recover(); cause != nil && cause != (exited{}) {
			panic(cause)
		}
	}()
	command, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "gop: %v\nTry gop --help.\n", err)
		return 2
	}
	if err := command.Run(); err != nil {
		_, _ = fmt.Fprintln(stderr, "gop:", err)
		return 1
	}
	return status
}

// exited is what kong's exit panics with, for run to return.
type exited struct{}
