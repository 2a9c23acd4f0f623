package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"gop/av"
	"gop/httpapi"
	"gop/library"
)

// serve is the flags of gop serve. Their defaults are those of the packages that they configure.
type serve struct {
	Dir string `arg:"" optional:"" default:"." env:"GOP_DIR" help:"The folder of videos."`

	Addr      string `default:"127.0.0.1:8080" env:"GOP_ADDR" help:"The address to listen at."`
	LogLevel  string `default:"info" enum:"debug,info,warn,error" env:"GOP_LOG_LEVEL" help:"The least level that is logged: ${enum}."`
	LogFormat string `default:"text" enum:"text,json" env:"GOP_LOG_FORMAT" help:"How the log is written: ${enum}."`

	AdminAddr string `env:"GOP_ADMIN_ADDR" help:"The address for operators: metrics, health and profiles. Without it, there are none."`
	AccessLog bool   `default:"true" negatable:"" env:"GOP_ACCESS_LOG" help:"Write each request into the log, at the level info."`

	URLKeys     []string `name:"url-keys" sep:"," env:"GOP_URL_KEYS" help:"Keys in hexadecimal, any of which a URL has to be signed with. Better given by the environment, which others on the machine do not see."`
	Token       string   `env:"GOP_TOKEN" help:"A bearer token that opens everything. Better given by the environment."`
	CORSOrigins []string `name:"cors-origins" sep:"," default:"*" env:"GOP_CORS_ORIGINS" help:"Whose scripts may read answers: origins such as https://editor.example, * for all, none for nobody."`

	NoSandbox bool `env:"GOP_NO_SANDBOX" help:"Do not restrict the process to what it needs (Landlock)."`

	MaxAge          time.Duration `default:"${max_age}" env:"GOP_MAX_AGE" help:"How long clients may reuse an answer without asking."`
	CacheBytes      int64         `default:"${cache_bytes}" env:"GOP_CACHE_BYTES" help:"Bytes of segments kept in memory: by default a quarter of what the machine or the control group has."`
	IndexCacheBytes int64         `default:"${index_cache_bytes}" env:"GOP_INDEX_CACHE_BYTES" help:"Bytes of indexes kept in memory."`
	CacheExpiry     time.Duration `default:"${cache_expiry}" env:"GOP_CACHE_EXPIRY" help:"How long anything is kept that nobody asks for."`
	RefusalTime     time.Duration `default:"${refusal_time}" env:"GOP_REFUSAL_TIME" help:"How long a file that cannot be read is not tried again."`
	ReadAhead       int           `default:"${read_ahead}" env:"GOP_READ_AHEAD" help:"Segments that may be made at a time before they are asked for; 0 for none."`
	DocumentBytes   int64         `name:"document-cache-bytes" default:"${document_bytes}" env:"GOP_DOCUMENT_CACHE_BYTES" help:"Bytes of listings and pages kept in memory."`
	Jobs            int           `default:"${jobs}" env:"GOP_JOBS" help:"Files that are indexed or cut at a time."`
	Queue           int           `default:"${queue}" env:"GOP_QUEUE" help:"Requests that may wait for that."`
	BurstTime       time.Duration `default:"${burst_time}" env:"GOP_BURST_TIME" help:"How long the whole queue may be used."`
	StandingTime    time.Duration `default:"${standing_time}" env:"GOP_STANDING_TIME" help:"How long one may have to wait, about, in a queue that stands for longer; or half as many as there are jobs."`
	QueueTime       time.Duration `default:"${queue_time}" env:"GOP_QUEUE_TIME" help:"How long each may wait."`
	IndexTime       time.Duration `default:"${index_time}" env:"GOP_INDEX_TIME" help:"How long one index may take, waiting included."`
	SegmentTime     time.Duration `default:"${segment_time}" env:"GOP_SEGMENT_TIME" help:"How long one cut may take, waiting included."`
	Encodes         int           `default:"${encodes}" env:"GOP_ENCODES" help:"GOPs that are encoded anew at a time, beside the jobs."`
	EncodeQueue     int           `default:"${encode_queue}" env:"GOP_ENCODE_QUEUE" help:"Requests that may wait for that."`
	EncodeTime      time.Duration `default:"${encode_time}" env:"GOP_ENCODE_TIME" help:"How long one encode may take, waiting included."`
	MaxVideos       int           `default:"${max_videos}" env:"GOP_MAX_VIDEOS" help:"Videos that the first page shows."`
	MaxPackets      int           `default:"${max_packets}" env:"GOP_MAX_PACKETS" help:"Packets that a video track may have."`
	MaxGOPs         int           `name:"max-gops" default:"${max_gops}" env:"GOP_MAX_GOPS" help:"GOPs that a video may have."`
	MaxSegmentBytes int64         `default:"${max_segment_bytes}" env:"GOP_MAX_SEGMENT_BYTES" help:"Bytes that one GOP may have."`
	MaxPixels       int           `default:"${max_pixels}" env:"GOP_MAX_PIXELS" help:"Pixels that a picture may have which is decoded."`
	MaxEncodeFrames int           `default:"${max_encode_frames}" env:"GOP_MAX_ENCODE_FRAMES" help:"Pictures that a GOP may have which is encoded anew."`
	EncodePreset    string        `default:"${encode_preset}" env:"GOP_ENCODE_PRESET" help:"x264's preset, from ultrafast to veryslow: how much time it takes to save bytes."`
	LargePreset     string        `default:"${large_preset}" env:"GOP_LARGE_PRESET" help:"The same for what is larger than 1080p. With one that takes longer, encodes of it take longer to stop."`
	EncodeQuality   int           `default:"${encode_quality}" env:"GOP_ENCODE_QUALITY" help:"x264's CRF where a request does not say: 0, without loss, to 51."`
	EncodeThreads   int           `default:"${encode_threads}" env:"GOP_ENCODE_THREADS" help:"Threads of one encoder, whose decoder has one more. With more, one encode is faster where cores are free, and takes longer to stop. Another number makes other bytes."`
	MaxAllocBytes   int64         `default:"${max_alloc_bytes}" env:"GOP_MAX_ALLOC_BYTES" help:"Bytes that libav may allocate at once."`
	MemoryLimit     int64         `default:"${memory_limit}" env:"GOP_MEMORY_LIMIT" help:"Bytes of memory that gop stays below, by freeing its caches and then by refusing work; 0 for no limit. By default what the machine or the control group has."`
	IdleDemuxers    int           `default:"${idle_demuxers}" env:"GOP_IDLE_DEMUXERS" help:"Files kept open between requests."`
	IdleBytes       int64         `default:"${idle_bytes}" env:"GOP_IDLE_BYTES" help:"Bytes of memory that they may take together."`
	RequestTime     time.Duration `default:"${request_time}" env:"GOP_REQUEST_TIME" help:"How long an answer may take to be made."`
	WriteTime       time.Duration `default:"${write_time}" env:"GOP_WRITE_TIME" help:"How long a client may take for each 256 KiB of an answer."`
	HeaderTime      time.Duration `default:"${header_time}" env:"GOP_HEADER_TIME" help:"How long a client may take to send a request."`
	IdleTime        time.Duration `default:"${idle_time}" env:"GOP_IDLE_TIME" help:"How long a connection is kept that asks for nothing."`
	MaxHeaderBytes  int           `default:"${max_header_bytes}" env:"GOP_MAX_HEADER_BYTES" help:"Bytes that the header of a request may have."`
	MaxURLBytes     int           `name:"max-url-bytes" default:"${max_url_bytes}" env:"GOP_MAX_URL_BYTES" help:"Bytes that the URL of a request may have."`
	MaxConnections  int           `default:"${max_connections}" env:"GOP_MAX_CONNECTIONS" help:"Connections at a time."`
	DrainTime       time.Duration `default:"30s" env:"GOP_DRAIN_TIME" help:"How long requests under way may go on after SIGTERM."`
}

// defaults is what the flags' tags call the packages' own defaults.
func defaults() kong.Vars {
	l, a, h := library.NewDefaultConfig(), av.NewDefaultConfig(), httpapi.NewDefaultConfig()
	limit := memoryLimit(os.DirFS("/"))
	if limit > 0 {
		l.CacheBytes = limit / 4
	}
	return kong.Vars{
		"max_age":           h.MaxAge.String(),
		"cache_bytes":       strconv.FormatInt(l.CacheBytes, 10),
		"index_cache_bytes": strconv.FormatInt(l.IndexCacheBytes, 10),
		"cache_expiry":      l.CacheExpiry.String(),
		"document_bytes":    strconv.FormatInt(h.DocumentCacheBytes, 10),
		"refusal_time":      l.RefusalTime.String(),
		"read_ahead":        strconv.Itoa(l.ReadAhead),
		"jobs":              strconv.Itoa(l.Jobs),
		"queue":             strconv.Itoa(l.Queue),
		"burst_time":        l.BurstTime.String(),
		"standing_time":     l.StandingTime.String(),
		"queue_time":        l.QueueTime.String(),
		"index_time":        l.IndexTime.String(),
		"segment_time":      l.SegmentTime.String(),
		"encodes":           strconv.Itoa(l.Encodes),
		"encode_queue":      strconv.Itoa(l.EncodeQueue),
		"encode_time":       l.EncodeTime.String(),
		"max_videos":        strconv.Itoa(l.MaxVideos),
		"max_packets":       strconv.Itoa(a.MaxPackets),
		"max_gops":          strconv.Itoa(a.MaxGOPs),
		"max_segment_bytes": strconv.FormatInt(a.MaxSegmentBytes, 10),
		"max_pixels":        strconv.Itoa(a.MaxPixels),
		"max_encode_frames": strconv.Itoa(a.MaxEncodeFrames),
		"encode_preset":     a.EncodePreset,
		"large_preset":      a.LargePreset,
		"encode_quality":    strconv.Itoa(a.EncodeQuality),
		"encode_threads":    strconv.Itoa(a.EncodeThreads),
		"max_alloc_bytes":   strconv.FormatInt(a.MaxAllocBytes, 10),
		"memory_limit":      strconv.FormatInt(limit, 10),
		"idle_demuxers":     strconv.Itoa(a.IdleDemuxers),
		"idle_bytes":        strconv.FormatInt(a.IdleBytes, 10),
		"request_time":      h.RequestTime.String(),
		"write_time":        h.WriteTime.String(),
		"header_time":       h.HeaderTime.String(),
		"idle_time":         h.IdleTime.String(),
		"max_header_bytes":  strconv.Itoa(h.MaxHeaderBytes),
		"max_url_bytes":     strconv.Itoa(h.MaxURLBytes),
		"max_connections":   strconv.Itoa(h.MaxConnections),
	}
}

// configs turns the flags into the packages' configurations. The error names all that is wrong.
func (s *serve) configs() (library.Config, av.Config, httpapi.Config, error) {
	l, a, h := library.NewDefaultConfig(), av.NewDefaultConfig(), httpapi.NewDefaultConfig()
	l.CacheBytes, l.IndexCacheBytes = s.CacheBytes, s.IndexCacheBytes
	l.CacheExpiry, l.RefusalTime, l.ReadAhead = s.CacheExpiry, s.RefusalTime, s.ReadAhead
	l.Jobs, l.Queue, l.QueueTime = s.Jobs, s.Queue, s.QueueTime
	l.BurstTime, l.StandingTime = s.BurstTime, s.StandingTime
	l.IndexTime, l.SegmentTime = s.IndexTime, s.SegmentTime
	l.Encodes, l.EncodeQueue, l.EncodeTime = s.Encodes, s.EncodeQueue, s.EncodeTime
	l.MaxVideos = s.MaxVideos
	a.MaxPackets, a.MaxGOPs, a.MaxSegmentBytes = s.MaxPackets, s.MaxGOPs, s.MaxSegmentBytes
	a.MaxPixels = s.MaxPixels
	a.MaxEncodeFrames, a.EncodeThreads = s.MaxEncodeFrames, s.EncodeThreads
	a.EncodePreset, a.LargePreset, a.EncodeQuality = s.EncodePreset, s.LargePreset, s.EncodeQuality
	a.MaxAllocBytes, a.IdleDemuxers, a.IdleBytes = s.MaxAllocBytes, s.IdleDemuxers, s.IdleBytes
	h.MaxAge, h.AccessLog = s.MaxAge, s.AccessLog
	h.RequestTime, h.WriteTime, h.HeaderTime, h.IdleTime = s.RequestTime, s.WriteTime, s.HeaderTime, s.IdleTime
	h.MaxHeaderBytes, h.MaxURLBytes, h.MaxConnections = s.MaxHeaderBytes, s.MaxURLBytes, s.MaxConnections
	keys, err := urlKeys(s.URLKeys)
	h.URLKeys, h.Token = keys, s.Token
	if h.CORSOrigins = s.CORSOrigins; slices.Equal(s.CORSOrigins, []string{"none"}) {
		h.CORSOrigins = nil
	}
	h.DocumentCacheBytes, h.DocumentCacheExpiry = s.DocumentBytes, s.CacheExpiry
	h.Build = fmt.Sprintf("%s %s %s", gopVersion(), av.FFmpegVersion(), a.Encoder())
	err = errors.Join(err, l.Validate(), a.Validate(), h.Validate())
	if s.DrainTime <= 0 {
		err = errors.Join(err, errors.New("the time to drain must be positive"))
	}
	if s.MemoryLimit < 0 {
		err = errors.Join(err, errors.New("the memory limit must not be negative"))
	}
	return l, a, h, err
}
