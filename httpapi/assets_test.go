package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/templates"
)

func TestAssetsAreImmutable(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for name, asset := range templates.Assets {
		resp := get(t, handler, "/assets/"+name)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Equal(t, asset.ContentType, resp.Header.Get("Content-Type"))
		assert.Equal(t, "public, max-age=31536000, immutable", resp.Header.Get("Cache-Control"))
		assert.Equal(t, string(asset.Data), body(t, resp))
	}
	for _, name := range []string{"style.css", "style-000000000000.css", "../grid.html", "%2e%2e/style.css"} {
		assert.Equal(t, http.StatusNotFound, get(t, handler, "/assets/"+name).StatusCode, name)
	}
	// Error pages need the assets, so these need no authorization.
	restricted, _ := newRestrictedHandler(t, withKeys)
	for name := range templates.Assets {
		assert.Equal(t, http.StatusOK, get(t, restricted, "/assets/"+name).StatusCode)
	}
}
