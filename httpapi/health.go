package httpapi

import "net/http"

// health handles GET /healthz. It always succeeds.
func (s *server) health(w http.ResponseWriter, _ *http.Request) error { return sendOK(w) }

// ready handles GET /readyz. It fails if the server cannot take new work.
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	if err := s.library.Ready(r.Context()); err != nil {
		return err
	}
	return sendOK(w)
}

func sendOK(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
	return nil
}
