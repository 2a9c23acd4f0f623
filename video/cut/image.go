package cut

import "gop/video"

// Image is a request for an image of a video.
type Image interface {
	// Track returns the number of the video track, from 1; 0 is the first.
	Track() int
	// Resolve returns the key of the image in the video that ix describes; ix is the index of the track. Its
	// errors are those of frames and like those of Cut.Resolve.
	Resolve(ix *video.Index, frames ListFrames) (video.ThumbnailKey, error)
}

// ListFrames lists the frames that GOP.Presented counts of a GOP.
type ListFrames func(gop int) ([]video.Frame, error)

// Thumbnail is a request for the keyframe of one GOP as an image.
type Thumbnail struct {
	Video  int // number of the video track, from 1; 0 is the first
	GOP    int // number of the GOP, from 0
	Format video.ImageFormat
	Edit   Edit // FPS, Quality and Transcode are zero
}

// Track implements Image.
func (t Thumbnail) Track() int { return t.Video }

// Resolve implements Image.
func (t Thumbnail) Resolve(ix *video.Index, _ ListFrames) (video.ThumbnailKey, error) {
	if err := checkGOP(ix, t.GOP); err != nil {
		return video.ThumbnailKey{}, err
	}
	filters, width, err := t.Edit.imageFilters(ix.TrackAt(t.GOP), thumbnailSize)
	if err != nil {
		return video.ThumbnailKey{}, err
	}
	return video.ThumbnailKey{
		Name: ix.Video.Name, Version: ix.Video.Version,
		VideoStream: ix.Track().StreamIndex, GOP: t.GOP,
		Format: t.Format, Width: width, Filters: filters,
	}, nil
}
