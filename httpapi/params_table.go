package httpapi

import (
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"

	"gop/video"
	"gop/video/cut"
)

// onFrames are the routes that accept edits of frames.
const onFrames = onSegment | onThumbnail

// paramTable describes every query parameter, in canonical order. Parsing, printing and error messages follow
// it. Tests compare openapi.yaml, the docs and the form on the page with it.
var paramTable = []param{
	{
		name: "folder", routes: onLibrary, expected: "a path relative to the library",
		schema: schema{kind: "string"},
		parse: func(p *params, text string) bool {
			p.folder = text
			return text == "" || fs.ValidPath(text) && text != "."
		},
		print: func(p *params) string { return url.QueryEscape(p.folder) },
	},
	{
		name: "search", routes: onLibrary, expected: "text", schema: schema{kind: "string"},
		parse: func(p *params, text string) bool { p.search = text; return true },
		print: func(p *params) string { return url.QueryEscape(p.search) },
	},
	{
		name: "sort", routes: onLibrary, expected: "one of " + joinWords(sortOrderNames()),
		schema: schema{kind: "string", enum: append([]string{""}, sortOrderNames()...)},
		parse:  func(p *params, text string) bool { p.sort = text; return text == "" || isSortOrder(text) },
		print:  func(p *params) string { return p.sort },
	},
	{
		name: "video", routes: onVideo | onFrames, expected: "the number of a video track, from 1",
		schema: schema{kind: "integer", min: 1},
		parse: func(p *params, text string) (ok bool) {
			p.video, ok = trackNumber(text)
			return ok && p.video > 0
		},
		print: func(p *params) string { return printInt(p.video, max(p.video, 1) > 1) },
	},
	{
		name: "audio", routes: onVideo | onSegment,
		expected: "the number of an audio track, from 1, or 0 for none",
		schema:   schema{kind: "integer"},
		parse: func(p *params, text string) (ok bool) {
			if p.audio, ok = trackNumber(text); p.audio == 0 {
				p.audio = cut.NoAudio
			}
			return ok
		},
		print: func(p *params) string { return printInt(max(p.audio, 0), p.audio != 0) },
	},
	{
		name: "leading", routes: onVideo | onSegment, expected: "0 or 1",
		schema: schema{kind: "integer", enum: []string{"0", "1"}},
		parse:  func(p *params, text string) bool { p.noLeading = text == "0"; return isFlag(text) },
		print:  func(p *params) string { return printIf(p.noLeading, "0") },
	},
	{
		name: "crop", routes: onFrames, schema: schema{kind: "string"},
		expected: fmt.Sprintf("W:H or W:H:X:Y in even numbers of pixels, W and H at least %d", cut.MinSide),
		parse: func(p *params, text string) (ok bool) {
			p.edit.Crop, ok = parseCrop(text)
			return ok
		},
		print: func(p *params) string { return printIf(p.edit.Crop != cut.Crop{}, p.edit.Crop.String()) },
	},
	{
		name: "rotate", routes: onFrames, expected: "90, 180 or 270",
		schema: schema{kind: "integer", enum: []string{"90", "180", "270"}},
		parse: func(p *params, text string) (ok bool) {
			p.edit.Rotate, ok = parsePositive(text)
			return ok && p.edit.Rotate%90 == 0 && p.edit.Rotate < 360
		},
		print: func(p *params) string { return printInt(p.edit.Rotate, p.edit.Rotate != 0) },
	},
	{
		name: "flip", routes: onFrames, expected: "h, v or hv",
		schema: schema{kind: "string", enum: []string{"h", "v", "hv"}},
		parse: func(p *params, text string) bool {
			p.edit.FlipX, p.edit.FlipY = strings.HasPrefix(text, "h"), strings.HasSuffix(text, "v")
			return text == "h" || text == "v" || text == "hv"
		},
		print: func(p *params) string { return printIf(p.edit.FlipX, "h") + printIf(p.edit.FlipY, "v") },
	},
	sideParam("width", onSegment, cut.MaxSide, 2, func(p *params) *int { return &p.edit.Width }),
	sideParam("height", onSegment, cut.MaxSide, 2, func(p *params) *int { return &p.edit.Height }),
	sideParam("width", onThumbnail, cut.MaxThumbnailWidth, 1, func(p *params) *int { return &p.edit.Width }),
	sideParam("height", onThumbnail, cut.MaxThumbnailHeight, 1,
		func(p *params) *int { return &p.edit.Height }),
	{
		name: "fit", routes: onFrames, expected: "contain, cover or stretch",
		schema: schema{kind: "string", enum: []string{"contain", "cover", "stretch"}},
		parse: func(p *params, text string) bool {
			p.edit.Fit = cut.Fit(text)
			return p.edit.Fit == cut.FitContain || p.edit.Fit == cut.FitCover || p.edit.Fit == cut.FitStretch
		},
		print:    func(p *params) string { return string(p.edit.Fit) },
		check:    func(p *params) bool { return p.edit.Width > 0 && p.edit.Height > 0 },
		conflict: "fit needs width and height",
	},
	{
		name: "fps", routes: onSegment, schema: schema{kind: "string"},
		expected: fmt.Sprintf("a number from %d to %d with at most 3 decimals, or N/D with D at most %d",
			cut.MinFPS, cut.MaxFPS, cut.MaxFPSDenominator),
		parse: func(p *params, text string) (ok bool) {
			p.edit.FPS, ok = parseRate(text)
			return ok
		},
		print: func(p *params) string {
			fps := p.edit.FPS
			return printIf(fps != video.Rational{}, fmt.Sprintf("%d/%d", fps.Num, fps.Den))
		},
	},
	{
		name: "gray", routes: onFrames, expected: "0 or 1",
		schema: schema{kind: "integer", enum: []string{"0", "1"}},
		parse:  func(p *params, text string) bool { p.edit.Gray = text == "1"; return isFlag(text) },
		print:  func(p *params) string { return printIf(p.edit.Gray, "1") },
	},
	{
		name: "hue", routes: onFrames,
		expected: fmt.Sprintf("a whole number of degrees from -%d to %d", cut.MaxHue, cut.MaxHue),
		schema:   schema{kind: "integer", min: -cut.MaxHue, max: cut.MaxHue},
		parse: func(p *params, text string) (ok bool) {
			p.edit.Hue, ok = parseSigned(text, parseInt)
			return ok && p.edit.Hue >= -cut.MaxHue && p.edit.Hue <= cut.MaxHue
		},
		print: func(p *params) string { return printInt(p.edit.Hue, p.edit.Hue != 0) },
	},
	saturationParam(),
	decimalParam("brightness", -cut.MaxBrightness, cut.MaxBrightness,
		func(p *params) *video.Thousandths { return &p.edit.Brightness }),
	factorParam("contrast", cut.MaxContrast, func(p *params) *cut.Factor { return &p.edit.Contrast }),
	decimalParam("blur", 0, cut.MaxBlur, func(p *params) *video.Thousandths { return &p.edit.Blur }),
	decimalParam("sharpen", 0, cut.MaxSharpen, func(p *params) *video.Thousandths { return &p.edit.Sharpen }),
	{
		name: "quality", routes: onSegment,
		expected: fmt.Sprintf("a whole number from 1 to %d", cut.MaxQuality),
		schema:   schema{kind: "integer", min: 1, max: cut.MaxQuality},
		parse: func(p *params, text string) (ok bool) {
			p.edit.Quality, ok = parsePositive(text)
			return ok && p.edit.Quality <= cut.MaxQuality
		},
		print: func(p *params) string { return printInt(p.edit.Quality, p.edit.Quality != 0) },
	},
	{
		name: "codec", routes: onSegment, expected: "h264",
		schema: schema{kind: "string", enum: []string{"h264"}},
		parse:  func(p *params, text string) bool { p.edit.Transcode = true; return text == "h264" },
		print:  func(p *params) string { return printIf(p.edit.Transcode, "h264") },
	},
	{
		name: "stream", routes: onSegment, expected: "0 or 1",
		schema: schema{kind: "integer", enum: []string{"0", "1"}},
		parse:  func(p *params, text string) bool { p.stream = text == "1"; return isFlag(text) },
		print:  func(p *params) string { return printIf(p.stream, "1") },
	},
}

// sideParam describes the width or height of the result, a multiple of step.
func sideParam(name string, routes routeSet, most, step int, field func(*params) *int) param {
	expected := "a number of pixels"
	if step == 2 {
		expected = "an even number of pixels"
	}
	s := schema{kind: "integer", min: cut.MinSide, max: float64(most)}
	if step > 1 {
		s.multipleOf = step
	}
	return param{
		name: name, routes: routes, schema: s,
		expected: fmt.Sprintf("%s from %d to %d", expected, cut.MinSide, most),
		parse: func(p *params, text string) bool {
			n, ok := parsePositive(text)
			*field(p) = n
			return ok && n >= cut.MinSide && n <= most && n%step == 0
		},
		print: func(p *params) string { return printInt(*field(p), *field(p) != 0) },
	}
}

// decimalParam describes a number whose default is 0.
func decimalParam(name string, least, most video.Thousandths, field func(*params) *video.Thousandths) param {
	parse := parseDecimal
	if least < 0 {
		parse = func(text string) (video.Thousandths, bool) { return parseSigned(text, parseDecimal) }
	}
	return param{
		name: name, routes: onFrames, expected: expectedDecimal(least, most),
		schema: schema{kind: "number", min: least.Float(), max: most.Float()},
		parse: func(p *params, text string) bool {
			n, ok := parse(text)
			*field(p) = n
			return ok && n >= least && n <= most
		},
		print: func(p *params) string { return printIf(*field(p) != 0, field(p).String()) },
	}
}

// factorParam describes a multiplier whose default is 1.
func factorParam(name string, most video.Thousandths, field func(*params) *cut.Factor) param {
	return param{
		name: name, routes: onFrames, expected: expectedDecimal(0, most),
		schema: schema{kind: "number", max: most.Float()},
		parse: func(p *params, text string) bool {
			n, ok := parseDecimal(text)
			*field(p) = cut.Factor{Given: true, Value: n}
			return ok && n <= most
		},
		print: func(p *params) string { return printIf(field(p).Given, field(p).Value.String()) },
	}
}

// saturationParam describes saturation, which gray=1 excludes.
func saturationParam() param {
	row := factorParam("saturation", cut.MaxSaturation,
		func(p *params) *cut.Factor { return &p.edit.Saturation })
	row.conflict = "saturation and gray=1 exclude each other"
	row.check = func(p *params) bool { return !p.edit.Gray }
	return row
}

func expectedDecimal(least, most video.Thousandths) string {
	return fmt.Sprintf("a number from %v to %v with at most 3 decimals", least, most)
}

// printIf returns text if given is true, and otherwise "".
func printIf(given bool, text string) string {
	if !given {
		return ""
	}
	return text
}

func printInt(n int, given bool) string { return printIf(given, strconv.Itoa(n)) }
