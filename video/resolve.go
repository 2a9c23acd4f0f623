package video

import (
	"cmp"
	"fmt"
	"strconv"
)

// resolver makes Filters of an Edit, step by step in their order.
type resolver struct {
	edit  Edit
	still bool
	step  step

	whole canvas // the picture, upright
	all   Area   // what of it there can be
	area  Area   // what is kept
	now   canvas // the picture after the last step
	f     Filters
}

// unchanged is what Filters are while they do nothing.
var unchanged = Filters{Saturation: 1000, Contrast: 1000}

// newResolver checks an Edit, and does what there is before the size.
func newResolver(e Edit, t Track, still bool) (*resolver, error) {
	if err := e.Validate(still); err != nil {
		return nil, err
	}
	if t.Width <= 0 || t.Height <= 0 {
		return nil, Errorf(Unreadable, "the file does not tell the size of its pictures, and so they cannot be changed")
	}
	r := &resolver{edit: e, still: still, step: 2, whole: upright(t), f: unchanged}
	if still {
		r.step = 1
	}
	r.all = Area{Width: r.whole.width - r.whole.width%int(r.step), Height: r.whole.height - r.whole.height%int(r.step)}
	if r.all.Width == 0 || r.all.Height == 0 {
		return nil, Errorf(Unreadable, "pictures of %s pixels cannot be encoded", sizeOf(r.whole.width, r.whole.height))
	}
	if err := r.crop(); err != nil {
		return nil, err
	}
	r.turn()
	r.colour()
	return r, nil
}

func (r *resolver) crop() error {
	c := r.edit.Crop
	switch {
	case c == Crop{}:
		r.area = r.all
	case c.Width > r.all.Width || c.X > r.all.Width-c.Width || c.Height > r.all.Height || c.Y > r.all.Height-c.Height:
		return Errorf(Invalid, "crop is within the picture, which has %s pixels; this is %s",
			sizeOf(r.whole.width, r.whole.height), strconv.Quote(c.String()))
	case c.Placed:
		r.area = c.Area
	default:
		r.area = middle(r.all, c.Width, c.Height)
	}
	r.now = r.whole.of(r.area)
	return nil
}

// middle is of an area, with its corner at even numbers.
func middle(of Area, width, height int) Area {
	return Area{width, height, of.X + (of.Width-width)/4*2, of.Y + (of.Height-height)/4*2}
}

// turn has all turns and flips as one turn by 90 degrees at most, and flips thereafter.
func (r *resolver) turn() {
	half := r.edit.Rotate >= 180
	r.f.Turn = r.edit.Rotate%180 == 90
	r.f.FlipX, r.f.FlipY = r.edit.FlipX != half, r.edit.FlipY != half
	if r.f.Turn {
		r.now = r.now.turned()
	}
}

func (r *resolver) colour() {
	e := r.edit
	r.f.Saturation, r.f.Brightness, r.f.Contrast = e.Saturation.orOne(), e.Brightness, e.Contrast.orOne()
	if e.Gray {
		r.f.Saturation = 0
	}
	if r.f.Saturation != 0 { // grey has no hue
		r.f.Hue = (e.Hue%360 + 360) % 360
	}
	r.f.Blur, r.f.Sharpen = e.Blur, e.Sharpen
}

// segment is the Filters of an mp4.
func (e Edit) segment(t Track) (Filters, error) {
	if e == (Edit{}) {
		return Filters{}, nil
	}
	r, err := newResolver(e, t, false)
	if err != nil {
		return Filters{}, err
	}
	if err := r.segmentSize(); err != nil {
		return Filters{}, err
	}
	r.f.FPS, r.f.Quality = e.FPS.Reduced(), e.Quality
	if r.area == r.all && r.f == unchanged && !e.Transcode {
		return Filters{}, nil
	}
	return r.done(), nil
}

// segmentSize scales the picture as the Edit says, and not beyond what there is.
func (r *resolver) segmentSize() error {
	ownWidth, ownHeight := r.now.shown()
	for _, side := range []struct {
		name       string
		asked, own int
	}{{"width", r.edit.Width, ownWidth}, {"height", r.edit.Height, ownHeight}} {
		if side.asked > side.own {
			return Errorf(Invalid, "%s is at most %d here, as the picture has; this is %s",
				side.name, side.own, strconv.Quote(strconv.Itoa(side.asked)))
		}
	}
	width, height := r.now.width, r.now.height
	if r.edit.Width > 0 || r.edit.Height > 0 {
		width, height = r.scale(r.edit.Width, r.edit.Height)
		if r.f.KeepWidth == 0 && r.now.isSquare() && width == r.now.width && height == r.now.height {
			r.f.Width, r.f.Height = 0, 0
		}
	}
	return r.bound(width, height, MaxSide, MaxSide)
}

// image is the Filters of an image, or the width that it has without: an image of which only the size is
// changed needs no more. fallback is the width where neither side is given.
func (e Edit) image(t Track, fallback int) (_ Filters, width int, _ error) {
	plain := e
	plain.Width = 0
	fallback = cmp.Or(fallback, DefaultImageWidth)
	if plain == (Edit{}) {
		return Filters{}, cmp.Or(e.Width, fallback), e.Validate(true)
	}
	r, err := newResolver(e, t, true)
	if err != nil {
		return Filters{}, 0, err
	}
	isWhole := r.area == r.all && r.f == unchanged
	if e.Height == 0 && isWhole {
		return Filters{}, cmp.Or(e.Width, fallback), nil
	}
	if e.Width == 0 && e.Height == 0 {
		e.Width = fallback
	}
	ownWidth, ownHeight := r.now.shown()
	w, h := r.scale(min(e.Width, ownWidth), min(e.Height, ownHeight))
	if err := r.bound(w, h, MaxImageWidth, MaxImageHeight); err != nil {
		return Filters{}, 0, err
	}
	if isWhole && r.area == r.all && r.f.KeepWidth == 0 && h == r.now.heightFor(w, r.step) {
		return Filters{}, w, nil
	}
	return r.done(), 0, nil
}

// scale sets the size to which the picture is scaled, and what is kept of it; it returns the size of the
// outcome. Neither side is more than the picture's own, and one may be 0.
func (r *resolver) scale(width, height int) (int, int) {
	f := &r.f
	f.Width, f.Height = width, height
	follow := func(widthFollows bool) {
		if widthFollows {
			f.Width = r.now.widthFor(height, r.step)
		} else {
			f.Height = r.now.heightFor(width, r.step)
		}
	}
	switch {
	case width == 0 || height == 0:
		follow(width == 0)
	case r.edit.Fit == FitCover:
		follow(r.now.isWiderThan(width, height))
		if f.Width != width || f.Height != height {
			r.keep(width, height)
		}
		return width, height
	case r.edit.Fit != FitStretch:
		follow(!r.now.isWiderThan(width, height))
	}
	return f.Width, f.Height
}

// keep has the middle of what was scaled kept. The middle of what need not be scaled is a crop like any.
func (r *resolver) keep(width, height int) {
	isAsItWas := r.now.isSquare() && r.f.Width == r.now.width && r.f.Height == r.now.height
	if !isAsItWas || width%2 != 0 || height%2 != 0 {
		r.f.KeepWidth, r.f.KeepHeight = width, height
		return
	}
	r.f.Width, r.f.Height = width, height
	r.now.width, r.now.height = width, height
	if r.f.Turn {
		width, height = height, width
	}
	r.area = middle(r.area, width, height)
}

// maxScaled bounds the sides of what is scaled before its middle is kept: pixels. Pictures of an odd shape
// would be long.
const maxScaled = 8192

// bound holds the size of the outcome, and of what is scaled on the way, against what there may be.
func (r *resolver) bound(width, height, maxWidth, maxHeight int) error {
	if width > maxWidth || height > maxHeight {
		return Errorf(Invalid, "width is at most %d, and height %d, and either makes the picture smaller; this would have %s pixels",
			maxWidth, maxHeight, sizeOf(width, height))
	}
	if r.f.Width > maxScaled || r.f.Height > maxScaled {
		return Errorf(Invalid, "fit is %s where the picture is scaled to at most %s pixels on the way; these would be %s",
			FitCover, sizeOf(maxScaled, maxScaled), sizeOf(r.f.Width, r.f.Height))
	}
	return nil
}

// done is the Filters of all steps.
func (r *resolver) done() Filters {
	r.f.Transcode = true
	if whole := (Area{Width: r.whole.width, Height: r.whole.height}); r.area != whole {
		r.f.Crop = r.area
	}
	return r.f
}

func sizeOf(width, height int) string { return fmt.Sprintf("%d x %d", width, height) }
