package av

import (
	"image"
	"image/draw"

	"gop/video"
)

// sheet makes the sheet that key names, with the keyframe that is presented at each of its times or was so
// last. A keyframe that cannot be decoded leaves its tile black.
func (d *demuxer) sheet(ix *video.Index, key video.ThumbnailKey, config Config) (*image.RGBA, error) {
	s := key.Sheet
	rows := (s.Count + s.Columns - 1) / s.Columns
	sheet := image.NewRGBA(image.Rect(0, 0, s.Columns*s.Width, rows*s.Height))
	draw.Draw(sheet, sheet.Rect, image.Black, image.Point{}, draw.Src)
	var tile image.Image
	last := -1
	for i := range s.Count {
		gop, err := ix.FindTime(s.From + int64(i)*s.Every)
		if err != nil { // past the end of the last frame
			gop = max(last, 0)
		}
		if gop != last {
			if tile, err = d.tile(ix, key, gop, config); err != nil {
				return nil, err
			}
		}
		last = gop
		if tile != nil {
			at := image.Pt(i%s.Columns*s.Width, i/s.Columns*s.Height)
			area := image.Rect(0, 0, s.Width, s.Height).Add(at)
			draw.Draw(sheet, area, tile, image.Point{}, draw.Src)
		}
	}
	return sheet, nil
}

// tile returns a tile of a sheet with the keyframe of a GOP, or nil if the keyframe is damaged.
func (d *demuxer) tile(
	ix *video.Index, key video.ThumbnailKey, gop int, config Config,
) (image.Image, error) {
	if err := d.source.Context().Err(); err != nil {
		return nil, err
	}
	s := key.Sheet
	key.GOP, key.Width = gop, s.Width
	f, err := d.keyframe(ix, key, config)
	if err != nil {
		if d.source.Err() == nil && video.KindOf(err) == video.Unreadable {
			return nil, nil
		}
		return nil, err
	}
	defer f.Free()
	setColors(f)
	return scaleFrame(f, ix.Track(), s.Width, s.Height)
}
