package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"gop/cmd/internal/process"
)

// machine describes the machine and the programs.
type machine struct {
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	Memory    int64  `json:"memory_bytes"`
	Kernel    string `json:"kernel"`
	TCP       string `json:"tcp_congestion_control"` // BBR paces loopback traffic too
	GOP       string `json:"gop"`
	LibFFmpeg string `json:"ffmpeg_inside_gop"`
	FFmpeg    string `json:"ffmpeg"`
	Nginx     string `json:"nginx"`
	Wrk       string `json:"wrk"`
}

// thisMachine reads /proc and the versions of the programs. It fails if one is missing.
func thisMachine(ctx context.Context, gop string) (machine, error) {
	m := machine{Cores: runtime.NumCPU()}
	for _, one := range []struct {
		to      *string
		file    string
		pattern string
	}{
		{&m.Processor, "/proc/cpuinfo", `(?m)^model name\s*: (.*)$`},
		{&m.Kernel, "/proc/sys/kernel/osrelease", `^(.*)`},
		{&m.TCP, "/proc/sys/net/ipv4/tcp_congestion_control", `^(.*)`},
	} {
		data, err := os.ReadFile(one.file)
		if err != nil {
			return m, err
		}
		*one.to = "unknown" // some processors have no model name
		if found := regexp.MustCompile(one.pattern).FindSubmatch(data); found != nil {
			*one.to = string(found[1])
		}
	}
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return m, err
	}
	if m.Memory, err = process.ParseField(string(data), "MemTotal"); err != nil {
		return m, err
	}
	for _, one := range []struct {
		to      *string
		command []string
		pattern string
	}{
		{&m.GOP, []string{gop, "version"}, `(?m)^gop (\S+)`},
		{&m.LibFFmpeg, []string{gop, "version"}, `(?m)^FFmpeg (\S+)`},
		{&m.FFmpeg, []string{"ffmpeg", "-version"}, `^ffmpeg version (\S+)`},
		{&m.Nginx, []string{"nginx", "-v"}, `nginx/(\S+)`},
		{&m.Wrk, []string{"wrk", "-v"}, `^wrk (\S+)`},
	} {
		// wrk exits with status 1 after printing its version, so only the output counts.
		output, err := exec.CommandContext(ctx, one.command[0], one.command[1:]...).CombinedOutput()
		found := regexp.MustCompile(one.pattern).FindSubmatch(output)
		if found == nil {
			return m, fmt.Errorf("%s prints no version: %w", strings.Join(one.command, " "), err)
		}
		*one.to = string(found[1])
	}
	return m, nil
}

func (m machine) table() table {
	return table{
		Head: []string{"machine", ""},
		Rows: [][]string{
			{"processor", fmt.Sprintf("%s, %d cores", m.Processor, m.Cores)},
			{"memory", bytesText(float64(m.Memory))},
			{"kernel", fmt.Sprintf("%s, TCP congestion control %s", m.Kernel, m.TCP)},
			{"gop", fmt.Sprintf("%s with FFmpeg %s", m.GOP, m.LibFFmpeg)},
			{"ffmpeg, ffprobe", m.FFmpeg},
			{"nginx", m.Nginx},
			{"wrk", m.Wrk},
		},
	}
}
