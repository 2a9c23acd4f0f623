package video

// ThumbnailKey identifies a thumbnail: requests for the same bytes have equal keys.
type ThumbnailKey struct {
	Name        string // of the video
	Version     string // of the video
	VideoStream int    // stream index of the video track
	GOP         int    // number of the GOP, from 0; 0 for a Sheet
	Frame       int    // 0: the keyframe; n: the n-th of the frames that GOP.Presented counts
	Sheet       Sheet  // in place of one frame
	Format      ImageFormat
	Width       int // maximum width in pixels with square pixels; 0 if Filters sets the size
	Filters     Filters
}

// Sheet is a grid of keyframes at regular times, row by row. The zero Sheet is none.
type Sheet struct {
	Columns       int   // tiles in a row
	Count         int   // tiles
	Width, Height int   // of a tile in pixels
	From, Every   int64 // time of the first tile and between two tiles, in microseconds
}

// Thumbnail is a frame, or a Sheet, as an image file. Requests share it: it must not be changed.
type Thumbnail struct {
	Key         ThumbnailKey
	ContentType string
	Data        []byte
}

// Memory estimates how many bytes of memory the thumbnail takes.
func (t *Thumbnail) Memory() int64 {
	const thumbnail = 256
	return thumbnail + int64(cap(t.Data))
}

// ImageFormat is the file format of a thumbnail.
type ImageFormat string

// The image formats.
const (
	JPEG ImageFormat = "jpeg"
	PNG  ImageFormat = "png"
	WebP ImageFormat = "webp"
)

// MediaType returns the format's media type, as registered with IANA.
func (f ImageFormat) MediaType() string { return "image/" + string(f) }
