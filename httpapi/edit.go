package httpapi

import (
	"net/url"
	"strconv"
	"strings"

	"gop/video"
)

// editOf reads what a query says of a segment's pictures or, where it is still, of an image. Its errors are
// Invalid, and name the parameter, what it may be, and what was given.
func editOf(values url.Values, still bool) (e video.Edit, err error) {
	for _, name := range video.EditParameters(still) {
		if text := values.Get(name); values.Has(name) && !setEdit(&e, name, text) {
			return video.Edit{}, video.RefuseValue(name, text, still)
		}
	}
	return e, e.Validate(still)
}

// setEdit sets what one parameter says; ok is false where text cannot be its value. How large a number may
// be is for Validate to say: only a 0, which an Edit takes for nothing said, is none here.
func setEdit(e *video.Edit, name, text string) (ok bool) {
	switch name {
	case "crop":
		e.Crop, ok = crop(text)
	case "rotate":
		e.Rotate, ok = positive(text)
	case "flip":
		e.FlipX, e.FlipY = strings.HasPrefix(text, "h"), strings.HasSuffix(text, "v")
		ok = text == "h" || text == "v" || text == "hv"
	case "width":
		e.Width, ok = positive(text)
	case "height":
		e.Height, ok = positive(text)
	case "fit":
		e.Fit, ok = video.Fit(text), text != ""
	case "fps":
		e.FPS, ok = rate(text)
	case "gray":
		e.Gray, ok = text == "1", text == "0" || text == "1"
	case "hue":
		e.Hue, ok = signed(text, natural)
	case "saturation":
		e.Saturation, ok = factor(text)
	case "brightness":
		e.Brightness, ok = signed(text, decimal)
	case "contrast":
		e.Contrast, ok = factor(text)
	case "blur":
		e.Blur, ok = decimal(text)
	case "sharpen":
		e.Sharpen, ok = decimal(text)
	case "quality":
		e.Quality, ok = positive(text)
	case "codec":
		e.Transcode, ok = true, text == "h264"
	}
	return ok
}

// natural reads digits, and nothing else.
func natural(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err == nil
}

func positive(text string) (int, bool) {
	n, ok := natural(text)
	return n, ok && n > 0
}

// decimal reads digits, and up to three behind a point.
func decimal(text string) (video.Thousandths, bool) {
	whole, fraction, hasPoint := strings.Cut(text, ".")
	if whole == "" || hasPoint && fraction == "" || len(fraction) > 3 {
		return 0, false
	}
	n, ok := natural(whole + (fraction + "000")[:3])
	return video.Thousandths(n), ok
}

func factor(text string) (video.Factor, bool) {
	value, ok := decimal(text)
	return video.Factor{Given: true, Value: value}, ok
}

// signed reads a number that may have a minus before it.
func signed[T ~int](text string, read func(string) (T, bool)) (T, bool) {
	text, isNegative := strings.CutPrefix(text, "-")
	n, ok := read(text)
	if isNegative {
		n = -n
	}
	return n, ok
}

// rate reads N/D, or a decimal number, in lowest terms.
func rate(text string) (video.Rational, bool) {
	if over, under, ok := strings.Cut(text, "/"); ok {
		num, numOK := natural(over)
		den, denOK := positive(under)
		return video.Rational{Num: num, Den: den}.Reduced(), numOK && denOK
	}
	n, ok := decimal(text)
	return video.Rational{Num: int(n), Den: 1000}.Reduced(), ok
}

// crop reads W:H, or W:H:X:Y.
func crop(text string) (c video.Crop, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) != 2 && len(parts) != 4 {
		return c, false
	}
	var numbers [4]int
	for i, part := range parts {
		if numbers[i], ok = natural(part); !ok || i < 2 && numbers[i] == 0 {
			return c, false
		}
	}
	c.Area = video.Area{Width: numbers[0], Height: numbers[1], X: numbers[2], Y: numbers[3]}
	c.Placed = len(parts) == 4
	return c, true
}

// editQuery is the parameters by which e is read, in the order in which they are documented.
func editQuery(e video.Edit) (said []string) {
	say := func(isSaid bool, name, value string) {
		if isSaid {
			said = append(said, name+"="+value)
		}
	}
	number := func(name string, n int) { say(n != 0, name, strconv.Itoa(n)) }
	amount := func(name string, t video.Thousandths) { say(t != 0, name, t.String()) }
	say(e.Crop != video.Crop{}, "crop", e.Crop.String())
	number("rotate", e.Rotate)
	flip := ""
	if e.FlipX {
		flip = "h"
	}
	if e.FlipY {
		flip += "v"
	}
	say(flip != "", "flip", flip)
	number("width", e.Width)
	number("height", e.Height)
	say(e.Fit != "", "fit", string(e.Fit))
	say(e.FPS != video.Rational{}, "fps", strconv.Itoa(e.FPS.Num)+"/"+strconv.Itoa(e.FPS.Den))
	say(e.Gray, "gray", "1")
	number("hue", e.Hue)
	say(e.Saturation.Given, "saturation", e.Saturation.Value.String())
	amount("brightness", e.Brightness)
	say(e.Contrast.Given, "contrast", e.Contrast.Value.String())
	amount("blur", e.Blur)
	amount("sharpen", e.Sharpen)
	number("quality", e.Quality)
	say(e.Transcode, "codec", "h264")
	return said
}
