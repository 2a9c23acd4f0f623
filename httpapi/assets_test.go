package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/templates"
)

func TestAssetsAreKeptForEver(t *testing.T) {
	handler, _ := serverOf(t, newShelf())
	for name, asset := range templates.Assets {
		answer := ask(t, handler, http.MethodGet, "/assets/"+name)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, asset.ContentType, answer.Header.Get("Content-Type"))
		assert.Equal(t, "public, max-age=31536000, immutable", answer.Header.Get("Cache-Control"))
		assert.Equal(t, string(asset.Data), body(t, answer))
	}
	for _, name := range []string{"style.css", "style-000000000000.css", "../grid.html", "%2e%2e/style.css"} {
		assert.Equal(t, http.StatusNotFound, ask(t, handler, http.MethodGet, "/assets/"+name).StatusCode, name)
	}
	// Guarded or not: pages of refusals need them.
	guarded, _ := guarded(t, withKeys)
	for name := range templates.Assets {
		assert.Equal(t, http.StatusOK, ask(t, guarded, http.MethodGet, "/assets/"+name).StatusCode)
	}
}
