package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
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

// buildID returns a digest of the running program. Builds whose responses may differ have different digests,
// unlike gopVersion: it lacks the commit if gop was built outside of a checkout, as in the container image.
func buildID() (string, error) {
	program, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", fmt.Errorf("open the program: %w", err)
	}
	defer func() { _ = program.Close() }()
	digest := sha256.New()
	if _, err := io.Copy(digest, program); err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
