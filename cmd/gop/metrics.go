package main

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"gop/av"
	"gop/httpapi"
	"gop/library"
	"gop/video"
)

// metrics holds the Prometheus metrics. Names and units follow https://prometheus.io/docs/practices/naming/.
type metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec   // by route, method, status
	durations *prometheus.HistogramVec // by route
	stages    *prometheus.HistogramVec // by stage
	sent      *prometheus.CounterVec   // by route
	cut       *prometheus.CounterVec   // by route
	caches    *prometheus.CounterVec   // by route, result
	work      *prometheus.HistogramVec // by call
	failures  *prometheus.CounterVec   // by call, kind
}

// seconds are the histogram buckets of durations, from a cached response to the longest index.
var seconds = []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_requests_total", Help: "Requests handled, by status; 0 if no response was sent.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "gop_http_request_duration_seconds",
			Help:    "Time from the request's header to the last byte of the response.",
			Buckets: seconds,
		}, []string{"route"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "gop_http_stage_duration_seconds",
			Help:    "Time of a request in a stage (open, index, cut, wait), if it had the stage.",
			Buckets: seconds,
		}, []string{"stage"}),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_response_bytes_total", Help: "Bytes of response bodies sent.",
		}, []string{"route"}),
		cut: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_responses_cut_total", Help: "Responses that the client did not read to the end.",
		}, []string{"route"}),
		caches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_http_cache_total",
			Help: "Responses by cache result: hit, miss, or collapsed with another request.",
		}, []string{"route", "result"}),
		work: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "gop_engine_duration_seconds",
			Help:    "Time of an engine call, such as index or thumbnail, without waiting.",
			Buckets: seconds,
		}, []string{"call"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gop_engine_errors_total", Help: "Engine calls that failed, by kind of error.",
		}, []string{"call", "kind"}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests, m.durations, m.stages, m.sent, m.cut, m.caches, m.work, m.failures,
	)
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "gop_build_info", Help: "Always 1; the labels hold the versions.",
		ConstLabels: prometheus.Labels{"version": gopVersion(), "ffmpeg": av.FFmpegVersion()},
	})
	info.Set(1)
	m.registry.MustRegister(info)
	// Alerts need these series before the first failure.
	for _, call := range []string{callIndex, callSegment, callFrames, callThumbnail, callTranscode} {
		m.failures.WithLabelValues(call, video.Internal.String())
		m.failures.WithLabelValues(call, video.Unreadable.String())
	}
	return m
}

// observe counts a handled request.
func (m *metrics) observe(r httpapi.LogEntry) {
	m.requests.WithLabelValues(r.Route, r.Method, strconv.Itoa(r.Status)).Inc()
	m.durations.WithLabelValues(r.Route).Observe(r.Duration.Seconds())
	for _, stage := range video.Stages {
		if spent := r.Stages[stage]; spent > 0 {
			m.stages.WithLabelValues(stage.String()).Observe(spent.Seconds())
		}
	}
	m.sent.WithLabelValues(r.Route).Add(float64(r.Bytes))
	if r.Truncated {
		m.cut.WithLabelValues(r.Route).Inc()
	}
	if r.Cache != "" {
		m.caches.WithLabelValues(r.Route, r.Cache).Inc()
	}
}

// watch registers the metrics that are read from the program's parts when scraped.
func (m *metrics) watch(
	folder *library.Folder, videos *library.Library, engine *av.Engine, handler *httpapi.Handler,
) {
	m.gauge("gop_storage_stalled_calls", "Calls to the file system that hang.", nil, func() float64 {
		return float64(folder.StalledCalls())
	})
	m.gauge("gop_http_requests_in_flight", "Requests in progress.", nil, func() float64 {
		return float64(handler.InFlight())
	})
	for name, state := range map[string]func() library.LimiterState{
		"indexes":    func() library.LimiterState { return videos.State().IndexWorkers },
		"segments":   func() library.LimiterState { return videos.State().SegmentWorkers },
		"thumbnails": func() library.LimiterState { return videos.State().ThumbnailWorkers },
		"transcodes": func() library.LimiterState { return videos.State().TranscodeWorkers },
	} {
		labels := prometheus.Labels{"limiter": name}
		m.gauge("gop_limiter_running", "Engine calls running.", labels, func() float64 {
			return float64(state().Running)
		})
		m.gauge("gop_limiter_waiting", "Engine calls waiting to run.", labels, func() float64 {
			return float64(state().Waiting)
		})
		m.counter("gop_limiter_refused_total", "Engine calls refused.", labels, func() float64 {
			return float64(state().Refused)
		})
	}
	m.gauge("gop_in_flight_bytes", "Bytes that responses being sent hold in memory.", nil, func() float64 {
		return float64(videos.State().InFlight.Bytes)
	})
	m.gauge("gop_in_flight_waiting", "Responses waiting for memory.", nil, func() float64 {
		return float64(videos.State().InFlight.Waiting)
	})
	m.counter("gop_in_flight_refused_total", "Responses refused for lack of memory.", nil, func() float64 {
		return float64(videos.State().InFlight.Refused)
	})
	m.counter("gop_engine_read_bytes_total", "Bytes of videos read by the engine.", nil, func() float64 {
		return float64(engine.BytesRead())
	})
	m.gauge("gop_c_allocated_bytes", "C memory held by libav.", nil, func() float64 {
		return float64(av.AllocatedBytes())
	})
	for name, state := range map[string]func() library.CacheState{
		"index":     func() library.CacheState { return videos.State().Indexes },
		"segment":   func() library.CacheState { return videos.State().Segments },
		"thumbnail": func() library.CacheState { return videos.State().Thumbnails },
	} {
		labels := prometheus.Labels{"cache": name}
		m.counter("gop_cache_hits_total", "Cache hits.", labels, func() float64 {
			return float64(state().Hits)
		})
		m.counter("gop_cache_misses_total", "Cache misses.", labels, func() float64 {
			return float64(state().Misses)
		})
		m.gauge("gop_cache_entries", "Cached entries.", labels, func() float64 {
			return float64(state().Entries)
		})
		m.gauge("gop_cache_bytes", "Estimated memory of a cache.", labels, func() float64 {
			return float64(state().Bytes)
		})
	}
	m.counter("gop_store_hits_total", "Indexes loaded from the store.", nil, func() float64 {
		return float64(videos.State().Store.Hits)
	})
	m.counter("gop_store_misses_total", "Indexes that the store did not have.", nil, func() float64 {
		return float64(videos.State().Store.Misses)
	})
	m.counter("gop_store_errors_total", "Calls of the store that failed.", nil, func() float64 {
		return float64(videos.State().Store.Errors)
	})
	m.counter("gop_store_dropped_total", "Indexes not saved because too many waited.", nil, func() float64 {
		return float64(videos.State().Store.Dropped)
	})
	bodies := prometheus.Labels{"cache": "body"}
	m.gauge("gop_cache_bytes", "Estimated memory of a cache.", bodies, func() float64 {
		return float64(handler.CacheBytes())
	})
}

func (m *metrics) gauge(name, help string, labels prometheus.Labels, value func() float64) {
	options := prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}
	m.registry.MustRegister(prometheus.NewGaugeFunc(options, value))
}

func (m *metrics) counter(name, help string, labels prometheus.Labels, value func() float64) {
	options := prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}
	m.registry.MustRegister(prometheus.NewCounterFunc(options, value))
}
