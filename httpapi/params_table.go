package httpapi

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gop/video"
	"gop/video/cut"
)

// onFrames are the routes that accept edits of frames.
const onFrames = onMP4 | onThumbnail | onFrame

// onMP4 are the routes that make an mp4.
const onMP4 = onSegment | onClip

// onSheets are the routes of storyboards and contact sheets.
const onSheets = onStoryboard | onSheet | onContactSheet

// onVideo are the routes of a whole video that accept tracks.
const onVideo = onPage | onListing

// paramTable describes every query parameter, in canonical order. Parsing, printing and error messages follow
// it. Tests compare openapi.yaml, the docs and the form on the page with it.
var paramTable = []param{
	{
		name: "folder", routes: onLibrary, expected: "a path relative to the library",
		schema: schema{kind: "string"},
		parse: func(p *params, text string) bool {
			p.folder = video.ParseName(text)
			return p.folder == "" || path.Clean("/"+p.folder) == "/"+p.folder
		},
		print: func(p *params) string { return url.QueryEscape(video.PrintableName(p.folder)) },
	},
	{
		name: "search", routes: onLibrary, expected: "text", schema: schema{kind: "string"},
		parse: func(p *params, text string) bool {
			if p.search = text; !utf8.ValidString(text) {
				p.search = video.PrintableName(text)
			}
			return true
		},
		print: func(p *params) string { return url.QueryEscape(p.search) },
	},
	{
		name: "sort", routes: onLibrary, expected: "one of " + joinWords(sortOrderNames()),
		schema: schema{kind: "string", enum: append([]string{""}, sortOrderNames()...)},
		parse:  func(p *params, text string) bool { p.sort = text; return text == "" || isSortOrder(text) },
		print:  func(p *params) string { return p.sort },
	},
	{
		name: "video", routes: onVideo | onFrames | onFrameList | onSheets,
		expected: "the number of a video track, from 1",
		schema:   schema{kind: "integer", min: 1},
		parse: func(p *params, text string) (ok bool) {
			p.video, ok = trackNumber(text)
			return ok && p.video > 0
		},
		print: func(p *params) string { return printInt(p.video, max(p.video, 1) > 1) },
	},
	{
		name: "audio", routes: onVideo | onMP4,
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
	flagParam("leading", onVideo|onMP4, "0", func(p *params) *bool { return &p.noLeading }),
	flagParam("metadata", onVideo|onMP4, "1", func(p *params) *bool { return &p.metadata }),
	{
		name: "page", routes: onLibrary | onPage, expected: "a whole number from 1",
		schema: schema{kind: "integer", min: 1},
		parse: func(p *params, text string) (ok bool) {
			p.page, ok = parsePositive(text)
			return ok
		},
		print: func(p *params) string { return printInt(p.page, p.page > 1) },
	},
	columnsParam(),
	clockParam("from", onClip|onListing|onFrameList, func(p *params) *clock { return &p.part.from }),
	toParam(),
	enumParam("cut", onClip, []string{"gop", "exact"},
		func(p *params, text string) { p.part.exact = text == "exact" },
		func(p *params) string { return printIf(p.part.exact, "exact") },
	),
	numberParam("first", func(p *params) *count { return &p.part.first },
		func(p part) bool { return !p.hasTimes() }, "first and last exclude from and to"),
	numberParam("last", func(p *params) *count { return &p.part.last },
		func(p part) bool { return !p.hasTimes() && p.first.n <= p.last.n },
		"last must not be less than first; first and last exclude from and to"),
	atParam(),
	frameNumberParam(),
	clockParam("t", onFrame, func(p *params) *clock { return &p.time }),
	{
		name: "crop", routes: onFrames, schema: schema{kind: "string"},
		expected: fmt.Sprintf("W:H or W:H:X:Y in even numbers of pixels, W and H at least %d", cut.MinSide),
		parse: func(p *params, text string) (ok bool) {
			p.edit.Crop, ok = parseCrop(text)
			return ok
		},
		print: func(p *params) string { return printIf(p.edit.Crop != cut.Crop{}, p.edit.Crop.String()) },
	},
	rotateParam(),
	enumParam("flip", onFrames, []string{"h", "v", "hv"},
		func(p *params, text string) {
			p.edit.FlipX, p.edit.FlipY = strings.Contains(text, "h"), strings.Contains(text, "v")
		},
		func(p *params) string { return printIf(p.edit.FlipX, "h") + printIf(p.edit.FlipY, "v") },
	),
	sideParam("width", onMP4, cut.MaxSide, 2, func(p *params) *int { return &p.edit.Width }),
	sideParam("height", onMP4, cut.MaxSide, 2, func(p *params) *int { return &p.edit.Height }),
	sideParam("width", onThumbnail, cut.MaxThumbnailWidth, 1, func(p *params) *int { return &p.edit.Width }),
	sideParam("height", onThumbnail, cut.MaxThumbnailHeight, 1,
		func(p *params) *int { return &p.edit.Height }),
	sideParam("width", onFrame, cut.MaxFrameWidth, 1, func(p *params) *int { return &p.edit.Width }),
	sideParam("height", onFrame, cut.MaxThumbnailHeight, 1,
		func(p *params) *int { return &p.edit.Height }),
	sideParam("width", onSheets, cut.MaxTileWidth, 1, func(p *params) *int { return &p.edit.Width }),
	everyParam(),
	intParam("columns", onContactSheet, "a whole number", 1, cut.MaxColumns, 1,
		func(p *params) *int { return &p.tiles.columns }),
	intParam("rows", onContactSheet, "a whole number", 1, cut.MaxColumns, 1,
		func(p *params) *int { return &p.tiles.rows }),
	enumParam("format", onStoryboard, []string{"jpg", "png", "webp"},
		func(p *params, text string) { p.format = text }, func(p *params) string { return p.format }),
	fitParam(),
	{
		name: "fps", routes: onMP4, schema: schema{kind: "string"},
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
	flagParam("gray", onFrames, "1", func(p *params) *bool { return &p.edit.Gray }),
	intParam("hue", onFrames, "a whole number of degrees", -cut.MaxHue, cut.MaxHue, 1,
		func(p *params) *int { return &p.edit.Hue }),
	saturationParam(),
	decimalParam("brightness", -cut.MaxBrightness, cut.MaxBrightness,
		func(p *params) *video.Thousandths { return &p.edit.Brightness }),
	factorParam("contrast", cut.MaxContrast, func(p *params) *cut.Factor { return &p.edit.Contrast }),
	decimalParam("blur", 0, cut.MaxBlur, func(p *params) *video.Thousandths { return &p.edit.Blur }),
	decimalParam("sharpen", 0, cut.MaxSharpen, func(p *params) *video.Thousandths { return &p.edit.Sharpen }),
	intParam("quality", onMP4, "a whole number", 1, cut.MaxQuality, 1,
		func(p *params) *int { return &p.edit.Quality }),
	enumParam("codec", onMP4, []string{"h264"},
		func(p *params, _ string) { p.edit.Transcode = true },
		func(p *params) string { return printIf(p.edit.Transcode, "h264") },
	),
	flagParam("stream", onMP4, "1", func(p *params) *bool { return &p.stream }),
	{
		name: "v", routes: onFrames | onSheets, expected: "text", schema: schema{kind: "string"},
		parse: func(p *params, text string) bool { p.version = text; return true },
		print: func(p *params) string { return url.QueryEscape(p.version) },
	},
}

// sideParam describes the width or height of the result, a multiple of step.
func sideParam(name string, routes routeSet, most, step int, field func(*params) *int) param {
	noun := "a number of pixels"
	if step == 2 {
		noun = "an even number of pixels"
	}
	return intParam(name, routes, noun, cut.MinSide, most, step, field)
}

// intParam describes a multiple of step whose default is 0.
func intParam(
	name string, routes routeSet, noun string, least, most, step int, field func(*params) *int,
) param {
	parse := parseInt
	if least < 0 {
		parse = func(text string) (int, bool) { return parseSigned(text, parseInt) }
	}
	s := schema{kind: "integer", min: float64(least), max: float64(most)}
	if step > 1 {
		s.multipleOf = step
	}
	return param{
		name: name, routes: routes, schema: s,
		expected: fmt.Sprintf("%s from %d to %d", noun, least, most),
		parse: func(p *params, text string) bool {
			n, ok := parse(text)
			*field(p) = n
			return ok && n >= least && n <= most && n%step == 0
		},
		print: func(p *params) string { return printInt(*field(p), *field(p) != 0) },
	}
}

// enumParam describes a parameter that has one of some values. set stores a valid one.
func enumParam(
	name string, routes routeSet, values []string, set func(p *params, text string),
	print func(*params) string,
) param {
	last := len(values) - 1
	expected := values[last]
	if last > 0 {
		expected = strings.Join(values[:last], ", ") + " or " + expected
	}
	return param{
		name: name, routes: routes, expected: expected, schema: schema{kind: "string", enum: values},
		parse: func(p *params, text string) bool {
			set(p, text)
			return slices.Contains(values, text)
		},
		print: print,
	}
}

// flagParam describes 0 or 1. field is true if the value is on, and false by default.
func flagParam(name string, routes routeSet, on string, field func(*params) *bool) param {
	row := enumParam(name, routes, []string{"0", "1"},
		func(p *params, text string) { *field(p) = text == on },
		func(p *params) string { return printIf(*field(p), on) })
	row.schema.kind = "integer"
	return row
}

// rotateParam describes rotate, a number with possible leading zeros.
func rotateParam() param {
	row := enumParam("rotate", onFrames, []string{"90", "180", "270"},
		func(p *params, text string) { p.edit.Rotate, _ = parseInt(text) },
		func(p *params) string { return printInt(p.edit.Rotate, p.edit.Rotate != 0) })
	row.schema.kind = "integer"
	parse := row.parse
	row.parse = func(p *params, text string) bool { return parse(p, strings.TrimLeft(text, "0")) }
	return row
}

// fitParam describes fit, which needs width and height.
func fitParam() param {
	row := enumParam("fit", onFrames,
		[]string{string(cut.FitContain), string(cut.FitCover), string(cut.FitStretch)},
		func(p *params, text string) { p.edit.Fit = cut.Fit(text) },
		func(p *params) string { return string(p.edit.Fit) })
	row.check = func(p *params) bool { return p.edit.Width > 0 && p.edit.Height > 0 }
	row.conflict = "fit needs width and height"
	return row
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

// everyParam describes the time between two tiles of a storyboard.
func everyParam() param {
	row := decimalParam("every", cut.MinEvery, cut.MaxEvery,
		func(p *params) *video.Thousandths { return &p.every })
	row.routes = onStoryboard | onSheet
	return row
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
