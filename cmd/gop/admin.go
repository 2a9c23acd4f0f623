package main

import (
	"log/slog"
	"net/http"
	"net/http/pprof"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gop/httpapi"
)

// adminHandler serves metrics, health checks and profiles to operators. Profiles reveal the program's memory,
// so clients must not reach its address.
func adminHandler(m *metrics, handler http.Handler, log *slog.Logger) http.Handler {
	router := mux.NewRouter()
	read := router.Methods(http.MethodGet, http.MethodHead).Subrouter()
	read.Handle("/metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), MaxRequestsInFlight: 4,
	}))
	read.Handle("/healthz", handler)
	read.Handle("/readyz", handler)
	read.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	read.HandleFunc("/debug/pprof/profile", pprof.Profile)
	read.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	read.HandleFunc("/debug/pprof/trace", pprof.Trace)
	read.PathPrefix("/debug/pprof/").HandlerFunc(pprof.Index)
	return router
}

// adminServer returns a server with the limits of the main one. It has no write timeout, because a profile
// takes as long as its request says.
func adminServer(config httpapi.Config, handler http.Handler, log *slog.Logger) *http.Server {
	server := httpapi.NewServer(config, handler, log)
	server.WriteTimeout = 0
	return server
}
