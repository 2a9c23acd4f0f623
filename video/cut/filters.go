package cut

import (
	"cmp"

	"gop/video"
)

// filterBuilder turns an Edit into video.Filters, step by step in the order of the filters.
type filterBuilder struct {
	edit Edit
	grid grid

	source frame      // the upright frame
	whole  video.Area // the part of it with sides on the grid
	crop   video.Area // the part that is kept
	frame  frame      // after the last step
	out    video.Filters
}

// identity is the Filters that change nothing.
var identity = video.Filters{Saturation: 1000, Contrast: 1000}

// newFilterBuilder does the steps before scaling.
func newFilterBuilder(e Edit, t video.Track, g grid) (*filterBuilder, error) {
	if t.Width <= 0 || t.Height <= 0 {
		return nil, video.Errorf(video.Unreadable,
			"the frames cannot be edited: the file does not state their size")
	}
	b := &filterBuilder{edit: e, grid: g, source: uprightFrame(t), out: identity}
	width, height := b.source.width, b.source.height
	b.whole = video.Area{Width: width - width%int(g), Height: height - height%int(g)}
	if b.whole.Width == 0 || b.whole.Height == 0 {
		return nil, video.Errorf(video.Unreadable, "frames of %dx%d pixels cannot be encoded", width, height)
	}
	if err := b.setCrop(); err != nil {
		return nil, err
	}
	b.setRotation()
	b.setColor()
	return b, nil
}

func (b *filterBuilder) setCrop() error {
	switch c := b.edit.Crop; {
	case c == Crop{}:
		b.crop = b.whole
	case c.Width > b.whole.Width || c.X < 0 || c.X > b.whole.Width-c.Width,
		c.Height > b.whole.Height || c.Y < 0 || c.Y > b.whole.Height-c.Height:
		return video.Errorf(video.Invalid,
			"crop %s does not fit the %dx%d frame", c, b.source.width, b.source.height)
	case c.Placed:
		b.crop = c.Area
	default:
		b.crop = center(b.whole, c.Width, c.Height)
	}
	b.frame = b.source.resized(b.crop.Width, b.crop.Height)
	return nil
}

// center returns the centered part of an area, with its corner at even coordinates.
func center(of video.Area, width, height int) video.Area {
	return video.Area{
		Width: width, Height: height,
		X: of.X + (of.Width-width)/4*2, Y: of.Y + (of.Height-height)/4*2,
	}
}

// setRotation expresses rotation and flips as at most one turn by 90 degrees, followed by flips.
func (b *filterBuilder) setRotation() {
	half := b.edit.Rotate >= 180
	b.out.Turn = b.edit.Rotate%180 == 90
	b.out.FlipX, b.out.FlipY = b.edit.FlipX != half, b.edit.FlipY != half
	if b.out.Turn {
		b.frame = b.frame.turned()
	}
}

func (b *filterBuilder) setColor() {
	e := b.edit
	b.out.Saturation, b.out.Contrast = e.Saturation.orOne(), e.Contrast.orOne()
	b.out.Brightness = e.Brightness
	if e.Gray {
		b.out.Saturation = 0
	}
	if b.out.Saturation != 0 { // gray has no hue
		b.out.Hue = (e.Hue%360 + 360) % 360
	}
	b.out.Blur, b.out.Sharpen = e.Blur, e.Sharpen
}

// segmentFilters returns the Filters of an mp4; the zero Filters if e changes nothing.
func (e Edit) segmentFilters(t video.Track) (video.Filters, error) {
	if e == (Edit{}) {
		return video.Filters{}, nil
	}
	b, err := newFilterBuilder(e, t, evenGrid)
	if err != nil {
		return video.Filters{}, err
	}
	if err := b.scaleSegment(); err != nil {
		return video.Filters{}, err
	}
	b.out.FPS, b.out.Quality = e.FPS.Reduced(), e.Quality
	if b.crop == b.whole && b.out == identity && !e.Transcode {
		return video.Filters{}, nil
	}
	return b.filters(), nil
}

// scaleSegment scales the frame to the size of the edit. It rejects a size larger than the frame.
func (b *filterBuilder) scaleSegment() error {
	ownWidth, ownHeight := b.frame.squareSize()
	if b.edit.Width > ownWidth {
		return video.Errorf(video.Invalid, "width %d exceeds the frame's width of %d", b.edit.Width, ownWidth)
	}
	if b.edit.Height > ownHeight {
		return video.Errorf(video.Invalid,
			"height %d exceeds the frame's height of %d", b.edit.Height, ownHeight)
	}
	width, height := b.frame.width, b.frame.height
	if b.edit.Width > 0 || b.edit.Height > 0 {
		width, height = b.scale(b.edit.Width, b.edit.Height)
		isOwnSize := b.frame.hasSquarePixels() && width == b.frame.width && height == b.frame.height
		if b.out.KeepWidth == 0 && isOwnSize {
			b.out.Width, b.out.Height = 0, 0
		}
	}
	return b.checkSize(width, height, MaxSide, MaxSide)
}

// imageSize is the width of an image that does not ask for one, and the largest one, in pixels.
type imageSize struct{ width, maxWidth int }

var (
	thumbnailSize = imageSize{DefaultThumbWidth, MaxThumbnailWidth}
	frameSize     = imageSize{MaxFrameWidth, MaxFrameWidth} // images are not enlarged
)

// imageFilters returns the Filters of an image. If scaling by width is enough, it returns the zero Filters
// and that width instead, which may exceed the frame's.
func (e Edit) imageFilters(t video.Track, size imageSize) (_ video.Filters, width int, _ error) {
	others := e
	others.Width = 0
	if others == (Edit{}) {
		return video.Filters{}, cmp.Or(e.Width, size.width), nil
	}
	b, err := newFilterBuilder(e, t, anyGrid)
	if err != nil {
		return video.Filters{}, 0, err
	}
	isUnfiltered := b.crop == b.whole && b.out == identity
	if e.Height == 0 && isUnfiltered {
		return video.Filters{}, cmp.Or(e.Width, size.width), nil
	}
	if e.Width == 0 && e.Height == 0 {
		e.Width = size.width
	}
	ownWidth, ownHeight := b.frame.squareSize()
	w, h := b.scale(min(e.Width, ownWidth), min(e.Height, ownHeight))
	if err := b.checkSize(w, h, size.maxWidth, MaxThumbnailHeight); err != nil {
		return video.Filters{}, 0, err
	}
	// Fitting may have become a crop.
	isUnfiltered = isUnfiltered && b.crop == b.whole && b.out.KeepWidth == 0
	if isUnfiltered && h == b.frame.heightFor(w, b.grid) {
		return video.Filters{}, w, nil
	}
	return b.filters(), 0, nil
}

// scale sets the size that the frame is scaled to and the part of it that is kept. It returns the final size.
// Neither side exceeds the frame's; one of them may be 0.
func (b *filterBuilder) scale(width, height int) (int, int) {
	out := &b.out
	out.Width, out.Height = width, height
	deriveSide := func(deriveWidth bool) {
		if deriveWidth {
			out.Width = b.frame.widthFor(height, b.grid)
		} else {
			out.Height = b.frame.heightFor(width, b.grid)
		}
	}
	switch {
	case width == 0 || height == 0:
		deriveSide(width == 0)
	case b.edit.Fit == FitCover:
		deriveSide(b.frame.isWiderThan(width, height))
		if out.Width != width || out.Height != height {
			b.keepCenter(width, height)
		}
		return width, height
	case b.edit.Fit != FitStretch:
		deriveSide(!b.frame.isWiderThan(width, height))
	}
	return out.Width, out.Height
}

// keepCenter keeps the center of the scaled frame. Without scaling, that is a crop of the source.
func (b *filterBuilder) keepCenter(width, height int) {
	isOwnSize := b.frame.hasSquarePixels() && b.out.Width == b.frame.width && b.out.Height == b.frame.height
	if !isOwnSize || width%2 != 0 || height%2 != 0 {
		b.out.KeepWidth, b.out.KeepHeight = width, height
		return
	}
	b.out.Width, b.out.Height = width, height
	b.frame = b.frame.resized(width, height)
	if b.out.Turn {
		width, height = height, width
	}
	b.crop = center(b.crop, width, height)
}

// maxScaledSide bounds the sides of a scaled frame before its center is kept, in pixels. Covering a square
// with an elongated frame would otherwise need a huge one.
const maxScaledSide = 8192

func (b *filterBuilder) checkSize(width, height, maxWidth, maxHeight int) error {
	if width > maxWidth || height > maxHeight {
		return video.Errorf(video.Invalid,
			"the result would have %dx%d pixels, and at most %dx%d are possible; "+
				"a width or a height makes it smaller",
			width, height, maxWidth, maxHeight)
	}
	if b.out.Width > maxScaledSide || b.out.Height > maxScaledSide {
		return video.Errorf(video.Invalid,
			"to cover this size, the frame would be scaled to %dx%d pixels; at most %dx%d are possible",
			b.out.Width, b.out.Height, maxScaledSide, maxScaledSide)
	}
	return nil
}

// filters returns the Filters of all steps.
func (b *filterBuilder) filters() video.Filters {
	b.out.Transcode = true
	if b.crop != (video.Area{Width: b.source.width, Height: b.source.height}) {
		b.out.Crop = b.crop
	}
	return b.out
}
