package media

// Codec names a codec as FFmpeg does (avcodec_get_name).
type Codec string

// The codecs whose bitstreams or configurations are read without libav.
const (
	H264       Codec = "h264"
	HEVC       Codec = "hevc"
	AV1        Codec = "av1"
	VP8        Codec = "vp8"
	VP9        Codec = "vp9"
	MPEG1Video Codec = "mpeg1video"
	MPEG2Video Codec = "mpeg2video"
	MPEG4      Codec = "mpeg4"

	AAC     Codec = "aac"
	AACLATM Codec = "aac_latm"
	MP2     Codec = "mp2"
	MP3     Codec = "mp3"
	DTS     Codec = "dts"
	Opus    Codec = "opus"
	AC3     Codec = "ac3"
	EAC3    Codec = "eac3"
	TrueHD  Codec = "truehd"
	FLAC    Codec = "flac"
	ALAC    Codec = "alac"
)
