// Command gop serves the groups of pictures of video files over HTTP.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// commands are the commands of gop.
type commands struct {
	Serve      serve             `cmd:"" default:"withargs" help:"Serve a folder of videos (default)."`
	Index      indexCommand      `cmd:"" help:"List the GOPs of a file."`
	Cut        cutCommand        `cmd:"" help:"Copy GOPs or a clip of a file into an mp4."`
	Frame      frameCommand      `cmd:"" help:"Write one frame of a file as an image."`
	Storyboard storyboardCommand `cmd:"" help:"Write small images of a whole file."`
	Health     health            `cmd:"" help:"Check a running server; the exit status tells."`
	Sign       sign              `cmd:"" help:"Sign a URL for a server with --url-keys."`
	Version    version           `cmd:"" help:"Print the versions of gop, FFmpeg and go-astiav."`
}

// streams are the outputs of a command: results go to out, everything else to err.
type streams struct{ out, err io.Writer }

// run runs the command line args and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := newCommands()
	status := 0
	parser, err := kong.New(&c, append(kongOptions(strconv.FormatInt(memoryLimit(), 10), defaultStateDir()),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { status = code; panic(exited{}) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{stdout, stderr}),
	)...)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "gop:", err)
		return 2
	}
	defer func() {
		// kong calls Exit after --help.
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

// exited is the panic value of kong's Exit, which run recovers.
type exited struct{}
