package httpapi

import (
	"bytes"
	"cmp"
	_ "embed"
	"io"
	"net/http"
)

//go:embed openapi.yaml
var openAPI []byte

// openAPIServer is the entry of openAPI with the URL of the server.
const openAPIServer = "  - url: /\n"

// openAPIDocument handles GET /openapi.yaml with the OpenAPI description of all routes.
func (s *server) openAPIDocument(w http.ResponseWriter, r *http.Request) error {
	at := siteOf(r)
	entry := "  - url: " + cmp.Or(at.origin+at.prefix, "/") + "\n"
	s.varyBySite(w, forwardedHostHeader, forwardedProtoHeader)
	return s.sendBody(w, r, body{
		contentType: "application/yaml", etag: etag(string(openAPI), entry),
		write: func(w io.Writer) error {
			_, err := w.Write(bytes.Replace(openAPI, []byte(openAPIServer), []byte(entry), 1))
			return err
		},
	})
}
