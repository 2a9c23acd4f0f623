package cut

import (
	"sort"

	"gop/video"
)

// Frame is a request for one frame as an image.
type Frame struct {
	Video  int   // number of the video track, from 1; 0 is the first
	Number int   // counts the frames that are presented, from 0
	ByTime bool  // the frame that is presented at Time, in place of Number
	Time   int64 // microseconds, on the clock of the index
	Format video.ImageFormat
	Edit   Edit // FPS, Quality and Transcode are zero
}

// Track implements Image.
func (f Frame) Track() int { return f.Video }

// Resolve implements Image. A number or a time past the end of the video is video.NotFound.
func (f Frame) Resolve(ix *video.Index, frames ListFrames) (key video.ThumbnailKey, err error) {
	var gop, number int
	if f.ByTime {
		gop, number, err = f.find(ix, frames)
	} else {
		gop, number, err = ix.FindFrame(f.Number)
	}
	if err != nil {
		return key, err
	}
	filters, width, err := f.Edit.imageFilters(ix.TrackAt(gop), frameSize)
	if err != nil {
		return key, err
	}
	return video.ThumbnailKey{
		Name: ix.Video.Name, Version: ix.Video.Version,
		VideoStream: ix.Track().StreamIndex, GOP: gop, Frame: number,
		Format: f.Format, Width: width, Filters: filters,
	}, nil
}

// find returns the GOP and the number of the frame that is presented at f.Time: the last one that does not
// start after it, in microseconds as the list of frames has them.
func (f Frame) find(ix *video.Index, frames ListFrames) (gop, number int, err error) {
	if gop, err = ix.FindTime(f.Time); err != nil {
		return 0, 0, err
	}
	list, err := frames(gop)
	if err != nil {
		return 0, 0, err
	}
	base := ix.Track().TimeBase
	after := sort.Search(len(list), func(i int) bool { return list[i].PTS.Micros(base) > f.Time })
	return gop, max(after, 1), nil
}
