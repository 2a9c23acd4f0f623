package main

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"gop/av"
	"gop/httpapi"
	"gop/library"
	"gop/video"
)

// metrics is what Prometheus is told. Names and units follow
// https://prometheus.io/docs/practices/naming/.
type metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec   // by route, method, status
	durations *prometheus.HistogramVec // by route
	sent      *prometheus.CounterVec   // by route
	cut       *prometheus.CounterVec   // by route
	caches    *prometheus.CounterVec   // by route, result
	work      *prometheus.HistogramVec // by call
	failures  *prometheus.CounterVec   // by call, kind
}

// seconds are the buckets of durations: from what is cached to the longest index.
var seconds = []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_requests_total", Help: "Requests that were answered. Status 0: none could be.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gop_http_request_duration_seconds", Help: "From a request's header to the last byte of its answer.", Buckets: seconds,
		}, []string{"route"}),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_response_bytes_total", Help: "Bytes of answers' bodies that were sent.",
		}, []string{"route"}),
		cut: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_responses_cut_total", Help: "Answers that the client did not take to their end.",
		}, []string{"route"}),
		caches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_cache_total", Help: "Answers by where they come from: hit, miss, or collapsed with another request's.",
		}, []string{"route", "result"}),
		work: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gop_engine_duration_seconds", Help: "Time that libav and what is around it took, without waiting: for an index, a segment, a thumbnail or a transcode.", Buckets: seconds,
		}, []string{"call"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_engine_errors_total", Help: "Indexes and segments that could not be made, by the kind of error.",
		}, []string{"call", "kind"}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.durations, m.sent, m.cut, m.caches, m.work, m.failures,
	)
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "gop_build_info", Help: "Always 1; the labels tell the versions.",
		ConstLabels: prometheus.Labels{"version": gopVersion(), "ffmpeg": av.FFmpegVersion()},
	})
	info.Set(1)
	m.registry.MustRegister(info)
	// What alerts are raised on has to be there before it first happens.
	for _, call := range []string{callIndex, callSegment, callThumbnail, callTranscode} {
		m.failures.WithLabelValues(call, video.Internal.String())
		m.failures.WithLabelValues(call, video.Unreadable.String())
	}
	return m
}

// observe counts an answered request.
func (m *metrics) observe(r httpapi.LogEntry) {
	m.requests.WithLabelValues(r.Route, r.Method, strconv.Itoa(r.Status)).Inc()
	m.durations.WithLabelValues(r.Route).Observe(r.Duration.Seconds())
	m.sent.WithLabelValues(r.Route).Add(float64(r.Bytes))
	if r.Truncated {
		m.cut.WithLabelValues(r.Route).Inc()
	}
	if r.Cache != "" {
		m.caches.WithLabelValues(r.Route, r.Cache).Inc()
	}
}

// watch adds what can be read off the parts of the program.
func (m *metrics) watch(videos *library.Library, engine *av.Engine, handler *httpapi.Handler) {
	gauge := func(name, help string, labels prometheus.Labels, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, value))
	}
	counter := func(name, help string, labels prometheus.Labels, value func() float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, value))
	}
	gauge("gop_http_requests_in_flight", "Requests under way.", nil, func() float64 { return float64(handler.InFlight()) })
	for _, kind := range []struct {
		name, what string
		state      func() library.JobState
	}{
		{"jobs", "Indexes, segments cut without loss, and images", func() library.JobState { return videos.State().Jobs }},
		{"encodes", "Segments encoded anew", func() library.JobState { return videos.State().Encodes }},
	} {
		gauge("gop_"+kind.name+"_running", kind.what+" that are being made.", nil, func() float64 { return float64(kind.state().Running) })
		gauge("gop_"+kind.name+"_waiting", kind.what+" that wait for their turn.", nil, func() float64 { return float64(kind.state().Waiting) })
		counter("gop_"+kind.name+"_refused_total", kind.what+" that there was no room for.", nil, func() float64 { return float64(kind.state().Refused) })
	}
	counter("gop_engine_read_bytes_total", "Bytes of videos that were read to make indexes and segments.", nil, func() float64 { return float64(engine.BytesRead()) })
	gauge("gop_c_allocated_bytes", "C memory that libav holds.", nil, func() float64 { return float64(av.AllocatedBytes()) })
	for name, state := range map[string]func() library.CacheState{
		"index":     func() library.CacheState { return videos.State().Indexes },
		"segment":   func() library.CacheState { return videos.State().Segments },
		"thumbnail": func() library.CacheState { return videos.State().Thumbnails },
	} {
		labels := prometheus.Labels{"cache": name}
		counter("gop_cache_hits_total", "What was found in a cache.", labels, func() float64 { return float64(state().Hits) })
		counter("gop_cache_misses_total", "What was not found in a cache.", labels, func() float64 { return float64(state().Misses) })
		gauge("gop_cache_entries", "What a cache holds.", labels, func() float64 { return float64(state().Entries) })
		gauge("gop_cache_bytes", "Memory that a cache takes, about.", labels, func() float64 { return float64(state().Bytes) })
	}
	gauge("gop_cache_bytes", "Memory that a cache takes, about.", prometheus.Labels{"cache": "document"}, func() float64 { return float64(handler.CacheBytes()) })
}

// The names of the engine's calls.
const (
	callIndex     = "index"
	callSegment   = "segment"
	callThumbnail = "thumbnail"
	callTranscode = "transcode" // takes a hundred times as long as a remuxed segment
)

// meteredEngine is an engine whose calls are measured.
type meteredEngine struct {
	library.Engine
	metrics *metrics
}

// Index is library.Engine's.
func (e meteredEngine) Index(ctx context.Context, v video.Video, n int, open func() (video.File, error)) (*video.Index, error) {
	begin := time.Now()
	ix, err := e.Engine.Index(ctx, v, n, open)
	e.metrics.worked(callIndex, begin, err)
	return ix, err
}

// Segment implements library.Engine.
func (e meteredEngine) Segment(ctx context.Context, ix *video.Index, key video.SegmentKey, open library.Opener) (*video.Segment, error) {
	call := callSegment
	if key.IsTranscode() {
		call = callTranscode
	}
	start := time.Now()
	s, err := e.Engine.Segment(ctx, ix, key, open)
	e.metrics.worked(call, start, err)
	return s, err
}

// Stream implements library.Engine.
func (e meteredEngine) Stream(ctx context.Context, ix *video.Index, key video.StreamKey, open library.Opener, emit func([]byte) error) (*video.Segment, error) {
	start := time.Now()
	s, err := e.Engine.Stream(ctx, ix, key, open, emit)
	e.metrics.worked(callTranscode, start, err)
	return s, err
}

// Thumbnail implements library.Engine.
func (e meteredEngine) Thumbnail(ctx context.Context, ix *video.Index, key video.ThumbnailKey, open library.Opener) (*video.Thumbnail, error) {
	start := time.Now()
	t, err := e.Engine.Thumbnail(ctx, ix, key, open)
	e.metrics.worked(callThumbnail, start, err)
	return t, err
}

func (m *metrics) worked(call string, begin time.Time, err error) {
	m.work.WithLabelValues(call).Observe(time.Since(begin).Seconds())
	if err != nil {
		m.failures.WithLabelValues(call, video.KindOf(err).String()).Inc()
	}
}
