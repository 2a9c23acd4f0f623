package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"gop/av"
)

type version struct{}

// Run prints the versions, a line each.
func (version) Run(to streams) error {
	_, err := fmt.Fprintf(to.out, "gop %s\nFFmpeg %s\ngo-astiav %s\n",
		gopVersion(), av.FFmpegVersion(), moduleVersion("github.com/asticode/go-astiav"))
	return err
}

// release is this version of gop, as CHANGELOG.md has it.
const release = "0.1.0"

// gopVersion is the release, and the commit where it was built in a checkout.
func gopVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if len(revision) < 12 {
		return release
	}
	v := release + "+" + revision[:12]
	if settings["vcs.modified"] == "true" {
		v += "-modified"
	}
	return v
}

func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "unknown"
}

// health is for the health check of a container, which has no other program to ask with.
type health struct {
	Addr string `default:"127.0.0.1:8080" env:"GOP_ADDR" help:"The address that the server listens at."`
}

// Run fails where the server does not answer that it is well.
func (h health) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.Addr+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("the address %s: %w", h.Addr, err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	return nil
}
