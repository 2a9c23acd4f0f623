package av

/*
#include <stdlib.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
*/
import "C"

import (
	"encoding/binary"
	"math"
	"strconv"
	"unsafe"

	"github.com/asticode/go-astiav"

	"gop/internal/bitstream"
	"gop/internal/media"
	"gop/video"
)

// describe returns the description of the file, as show_stream, show_format and show_chapters of
// fftools/ffprobe.c print it. starts are the times at which the presentation of the streams starts,
// as far as they are known. isTimed means that libav knows them; it does not if they are before 0 in
// Matroska.
func (d *demuxer) describe(starts map[int]int64, isTimed bool, size int64) video.Description {
	tags := newTagReader()
	fc := cFormat(d.format)
	ds := video.Description{
		Format:         C.GoString(fc.iformat.name),
		FormatLongName: C.GoString(fc.iformat.long_name),
		Tags:           tags.read(fc.metadata),
	}
	for _, s := range d.streams {
		ds.Streams = append(ds.Streams, d.describeStream(s, starts, isTimed, tags))
	}
	for _, p := range unsafe.Slice(fc.programs, min(fc.nb_programs, maxPrograms)) {
		ds.Programs = append(ds.Programs, tags.read(p.metadata))
	}
	ds.Start, ds.Duration = d.timings(ds.Streams, isTimed)
	if d.container.is(movContainer) {
		fillTimings(ds)
	}
	if ds.Duration > 0 {
		ds.BitRate = int64(float64(size) * 8e6 / float64(ds.Duration))
	}
	ds.Chapters = d.chapters(max(ds.Start, 0)+ds.Duration, tags)
	return ds
}

// chapters returns the chapters of a file that ends at end, in microseconds. A chapter without an end lasts
// until the next one, as compute_chapters_end in libavformat/demux.c defines it.
func (d *demuxer) chapters(end video.Ticks, tags *tagReader) []video.Chapter {
	fc := cFormat(d.format)
	raw := unsafe.Slice(fc.chapters, min(fc.nb_chapters, maxChapters))
	chapters := make([]video.Chapter, len(raw))
	for i, c := range raw {
		chapters[i] = video.Chapter{
			ID: int64(c.id), TimeBase: cRational(c.time_base),
			Start: video.Ticks(c.start), End: video.Ticks(c.end), Tags: tags.read(c.metadata),
		}
	}
	for i := range chapters {
		c := &chapters[i]
		if c.End != video.NoTime || !c.TimeBase.Known() {
			continue
		}
		c.End = max(end.Rescale(microseconds, c.TimeBase), c.Start)
		if i+1 < len(chapters) && chapters[i+1].TimeBase.Known() {
			next := chapters[i+1].Start.Rescale(chapters[i+1].TimeBase, c.TimeBase)
			if next > c.Start && next < c.End {
				c.End = next
			}
		}
	}
	return chapters
}

// microseconds is the time base of times of the whole file.
var microseconds = video.Rational{Num: 1, Den: 1_000_000}

// timings returns the start and the duration of the file in microseconds. If libav has not computed them, or
// isTimed is false, it does so from the video and audio streams, as update_stream_timings in
// libavformat/demux.c does.
func (d *demuxer) timings(streams []video.Stream, isTimed bool) (start, duration video.Ticks) {
	fc := cFormat(d.format)
	start = video.NoTime
	if isTimed && fc.start_time != C.AV_NOPTS_VALUE {
		start = video.Ticks(fc.start_time)
	}
	if fc.duration != C.AV_NOPTS_VALUE {
		duration = video.Ticks(fc.duration)
	}
	if isTimed {
		return start, duration
	}
	end := video.NoTime
	for _, s := range streams {
		isMedia := s.Kind == string(video.VideoTrack) || s.Kind == string(video.AudioTrack)
		if !isMedia || s.Start == video.NoTime || !s.TimeBase.Known() {
			continue
		}
		from := video.Ticks(s.Start.Micros(s.TimeBase))
		if start == video.NoTime || from < start {
			start = from
		}
		if s.Duration > 0 {
			end = max(end, from+video.Ticks(s.Duration.Micros(s.TimeBase)))
		}
	}
	if duration == 0 && end > start {
		duration = end - start
	}
	return start, duration
}

// fillTimings gives streams without times, such as attached pictures, the start and the duration of the file,
// as fill_all_stream_timings in libavformat/demux.c does.
func fillTimings(ds video.Description) {
	for i := range ds.Streams {
		s := &ds.Streams[i]
		if s.Start != video.NoTime || s.Duration > 0 || ds.Start == video.NoTime || !s.TimeBase.Known() {
			continue
		}
		s.Start = ds.Start.Rescale(microseconds, s.TimeBase)
		s.Duration = ds.Duration.Rescale(microseconds, s.TimeBase)
	}
}

// describeStream returns the description of a stream. starts and isTimed are those of describe.
func (d *demuxer) describeStream(
	s *astiav.Stream, starts map[int]int64, isTimed bool, tags *tagReader,
) video.Stream {
	c := cStream(s)
	p := c.codecpar
	ds := video.Stream{
		Index: s.Index(), ID: s.ID(), HasID: cFormat(d.format).iformat.flags&C.AVFMT_SHOW_IDS != 0,
		Profile:       profileOf(p),
		Kind:          C.GoString(C.av_get_media_type_string(p.codec_type)),
		CodecTag:      uint32(p.codec_tag),
		ExtradataSize: int(p.extradata_size),
		TimeBase:      cRational(c.time_base),
		Start:         video.NoTime,
		BitRate:       int64(p.bit_rate),
		BitsPerRaw:    int(p.bits_per_raw_sample),
		Frames:        int64(c.nb_frames),
		RFrameRate:    cRational(c.r_frame_rate),
		AvgFrameRate:  cRational(c.avg_frame_rate),
		Dispositions:  dispositionsOf(uint32(c.disposition)),
		Tags:          tags.read(c.metadata),
		SideData:      sideDataOf(p),
	}
	if codec := C.avcodec_descriptor_get(p.codec_id); codec != nil {
		ds.Codec, ds.CodecLongName = C.GoString(codec.name), C.GoString(codec.long_name)
	}
	start, ok := starts[s.Index()]
	if isTimed { // otherwise libav knows no start, or that of any packet
		start, ok = int64(c.start_time), c.start_time != C.AV_NOPTS_VALUE
	}
	if ok {
		ds.Start = video.Ticks(start)
	}
	if c.duration != C.AV_NOPTS_VALUE {
		ds.Duration = video.Ticks(c.duration)
	}
	switch p.codec_type {
	case C.AVMEDIA_TYPE_VIDEO:
		d.describeVideo(s, &ds)
	case C.AVMEDIA_TYPE_AUDIO:
		describeAudio(p, &ds)
	case C.AVMEDIA_TYPE_SUBTITLE:
		ds.Width, ds.Height = int(p.width), int(p.height)
	}
	return ds
}

func (d *demuxer) describeVideo(s *astiav.Stream, ds *video.Stream) {
	p := cStream(s).codecpar
	ds.Width, ds.Height = int(p.width), int(p.height)
	ds.ReorderDelay, ds.Level = int(p.video_delay), int(p.level)
	ds.SampleAspect = rational(d.format.GuessSampleAspectRatio(s, nil))
	ds.PixelFormat = s.CodecParameters().PixelFormat().Name()
	ds.Color = colorOf(s)
	ds.FieldOrder = fieldOrders[int(p.field_order)]
	if codec := codecOf(s.CodecParameters()); codec == media.H264 {
		ds.NALLengthBytes = bitstream.NewParser(codec, s.CodecParameters().ExtraData()).LengthSize
	}
}

func describeAudio(p *C.AVCodecParameters, ds *video.Stream) {
	ds.SampleRate, ds.Channels = int(p.sample_rate), int(p.ch_layout.nb_channels)
	ds.BitsPerSample = int(C.av_get_bits_per_sample(p.codec_id))
	ds.InitialPadding = int(p.initial_padding)
	if name := C.av_get_sample_fmt_name(C.enum_AVSampleFormat(p.format)); name != nil {
		ds.SampleFormat = C.GoString(name)
	}
	if p.ch_layout.order == C.AV_CHANNEL_ORDER_UNSPEC {
		return
	}
	var name [128]C.char
	if C.av_channel_layout_describe(&p.ch_layout, &name[0], C.size_t(len(name))) > 0 {
		ds.ChannelLayout = C.GoString(&name[0])
	}
}

// fieldOrders are ffprobe's names of AVFieldOrder.
var fieldOrders = map[int]string{
	C.AV_FIELD_PROGRESSIVE: "progressive",
	C.AV_FIELD_TT:          "tt",
	C.AV_FIELD_BB:          "bb",
	C.AV_FIELD_TB:          "tb",
	C.AV_FIELD_BT:          "bt",
}

// profileOf returns the name of the codec's profile, or its number if it has no name; "" if it is unknown.
func profileOf(p *C.AVCodecParameters) string {
	switch name := C.avcodec_profile_name(p.codec_id, p.profile); {
	case name != nil:
		return C.GoString(name)
	case p.profile != C.AV_PROFILE_UNKNOWN:
		return strconv.Itoa(int(p.profile))
	}
	return ""
}

// dispositionsOf returns the names of a set of AV_DISPOSITION flags.
func dispositionsOf(flags uint32) (names []string) {
	for ; flags != 0; flags &= flags - 1 { // clears the lowest flag
		if name := C.av_disposition_to_string(C.int(flags & -flags)); name != nil {
			names = append(names, C.GoString(name))
		}
	}
	return names
}

// sideDataOf returns the side data of a stream.
func sideDataOf(p *C.AVCodecParameters) (all []video.SideData) {
	for _, raw := range unsafe.Slice(p.coded_side_data, min(p.nb_coded_side_data, maxSideData)) {
		name := C.av_packet_side_data_name(raw._type)
		if name == nil {
			continue
		}
		data := video.SideData{Kind: C.GoString(name)}
		if raw._type == C.AV_PKT_DATA_DISPLAYMATRIX && raw.size >= C.size_t(len(data.Matrix)*4) {
			bytes := unsafe.Slice((*byte)(raw.data), len(data.Matrix)*4)
			for i := range data.Matrix {
				data.Matrix[i] = int32(binary.NativeEndian.Uint32(bytes[4*i:]))
			}
			matrix := (*C.int32_t)(unsafe.Pointer(raw.data))
			if angle := float64(C.av_display_rotation_get(matrix)); !math.IsNaN(angle) {
				data.Rotation = int(angle)
			}
		}
		all = append(all, data)
	}
	return all
}

func cRational(r C.AVRational) video.Rational {
	return video.Rational{Num: int(r.num), Den: int(r.den)}
}
