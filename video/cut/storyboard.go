package cut

import (
	"time"

	"gop/video"
)

// Limits of storyboards and contact sheets.
const (
	DefaultTileWidth = 160 // pixels
	MaxTileWidth     = 640 // pixels

	MinEvery     = video.Thousandths(1000)      // seconds
	MaxEvery     = video.Thousandths(3_600_000) // seconds
	DefaultEvery = video.Thousandths(10_000)    // seconds

	MaxColumns     = 10 // of a sheet; also the most rows
	DefaultColumns = 5  // of a contact sheet; also its rows

	MaxTiles = 100_000 // of a storyboard; those of a day every second

	sheetSide = 1600 // pixels that the tiles of a row of a storyboard may take together
)

// Storyboard is a request for small images of a whole video at regular times. They are tiles of sheets.
type Storyboard struct {
	Video int               // number of the video track, from 1; 0 is the first
	Width int               // of a tile, in pixels; 0 is DefaultTileWidth
	Every video.Thousandths // seconds between two tiles; 0 is DefaultEvery
}

// Tiles describes the tiles of a Storyboard. Times are in microseconds from the start of the video.
type Tiles struct {
	Width, Height int // pixels
	Columns, Rows int // of each sheet but the last one
	Count         int
	Every, End    int64
}

// PerSheet returns the number of tiles of each sheet but the last one.
func (t Tiles) PerSheet() int { return t.Columns * t.Rows }

// Sheets returns the number of sheets.
func (t Tiles) Sheets() int { return (t.Count + t.PerSheet() - 1) / t.PerSheet() }

// Tiles returns the tiles of s in the video that ix describes. Its errors are like those of Cut.Resolve.
func (s Storyboard) Tiles(ix *video.Index) (t Tiles, err error) {
	t.Width = s.Width
	if t.Width == 0 {
		t.Width = DefaultTileWidth
	}
	if t.Width, t.Height, err = tileSize(ix, t.Width); err != nil {
		return t, err
	}
	every := s.Every
	if every == 0 {
		every = DefaultEvery
	}
	t.Every = int64(every) * time.Millisecond.Microseconds()
	t.End = max(ix.Duration().Micros(ix.Track().TimeBase), 1)
	count := (t.End + t.Every - 1) / t.Every
	if count > MaxTiles {
		return t, video.Errorf(video.TooLarge,
			"the storyboard would have %d tiles; at most %d are possible", count, MaxTiles)
	}
	t.Count = int(count)
	t.Columns = min(max(sheetSide/t.Width, 1), MaxColumns)
	t.Rows = min(max(MaxThumbnailHeight/t.Height, 1), t.Columns)
	return t, nil
}

// tileSize returns the size of a tile of a given width, or of the frames if they are smaller.
func tileSize(ix *video.Index, width int) (w, h int, err error) {
	track := ix.Track()
	if track.Width <= 0 || track.Height <= 0 {
		return 0, 0, video.Errorf(video.Unreadable, "the file does not state the size of its frames")
	}
	f := uprightFrame(track)
	own, _ := f.squareSize()
	w = min(width, own)
	if h = f.heightFor(w, anyGrid); h > MaxThumbnailHeight {
		return 0, 0, video.Errorf(video.Invalid, "a tile of %d pixels would be %d pixels high", w, h)
	}
	return w, h, nil
}

// startOf returns the time at which a video starts, in microseconds.
func startOf(ix *video.Index) int64 {
	for _, g := range ix.GOPs.All() {
		if !g.Trimmed {
			return g.Start.Micros(ix.Track().TimeBase)
		}
	}
	return 0
}

// Sheet is a request for one sheet of a Storyboard.
type Sheet struct {
	Storyboard
	Number int // of the sheet, from 0
	Format video.ImageFormat
}

// Track implements Image.
func (s Sheet) Track() int { return s.Video }

// Resolve implements Image.
func (s Sheet) Resolve(ix *video.Index, _ ListFrames) (key video.ThumbnailKey, err error) {
	t, err := s.Tiles(ix)
	if err != nil {
		return key, err
	}
	if s.Number < 0 || s.Number >= t.Sheets() {
		return key, video.Errorf(video.NotFound,
			"the storyboard has no sheet %d; it has %d, numbered from 0", s.Number, t.Sheets())
	}
	first := s.Number * t.PerSheet()
	return sheetKey(ix, s.Format, video.Sheet{
		Columns: t.Columns, Count: min(t.PerSheet(), t.Count-first), Width: t.Width, Height: t.Height,
		From: startOf(ix) + int64(first)*t.Every, Every: t.Every,
	}), nil
}

// ContactSheet is a request for one image with tiles of a whole video.
type ContactSheet struct {
	Video         int // number of the video track, from 1; 0 is the first
	Width         int // of a tile, in pixels; 0 is DefaultTileWidth
	Columns, Rows int // 0 is DefaultColumns
	Format        video.ImageFormat
}

// Track implements Image.
func (c ContactSheet) Track() int { return c.Video }

// Resolve implements Image. Each tile has the keyframe at or before the middle of its part of the video.
func (c ContactSheet) Resolve(ix *video.Index, _ ListFrames) (key video.ThumbnailKey, err error) {
	sheet := video.Sheet{Columns: c.Columns, Width: c.Width}
	if sheet.Columns == 0 {
		sheet.Columns = DefaultColumns
	}
	if sheet.Width == 0 {
		sheet.Width = DefaultTileWidth
	}
	rows := c.Rows
	if rows == 0 {
		rows = DefaultColumns
	}
	if sheet.Width, sheet.Height, err = tileSize(ix, sheet.Width); err != nil {
		return key, err
	}
	if height := rows * sheet.Height; height > MaxThumbnailHeight {
		return key, video.Errorf(video.Invalid,
			"the sheet would be %d pixels high, and at most %d are possible", height, MaxThumbnailHeight)
	}
	sheet.Count = sheet.Columns * rows
	sheet.Every = max(ix.Duration().Micros(ix.Track().TimeBase)/int64(sheet.Count), 1)
	sheet.From = startOf(ix) + sheet.Every/2
	return sheetKey(ix, c.Format, sheet), nil
}

func sheetKey(ix *video.Index, format video.ImageFormat, sheet video.Sheet) video.ThumbnailKey {
	return video.ThumbnailKey{
		Name: ix.Video.Name, Version: ix.Video.Version, VideoStream: ix.Track().StreamIndex,
		Format: format, Sheet: sheet,
	}
}
