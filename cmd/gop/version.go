package main

import (
	"fmt"
	"runtime/debug"

	"gop/av"
)

type version struct{}

// Run prints the versions, one on each line.
func (version) Run(to streams) error {
	_, err := fmt.Fprintf(to.out, "gop %s\nFFmpeg %s\ngo-astiav %s\n",
		gopVersion(), av.FFmpegVersion(), av.AstiavVersion())
	return err
}

// release is the version of gop in CHANGELOG.md.
const release = "0.1.0"

// gopVersion returns the release, with the commit if gop was built in a checkout.
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
