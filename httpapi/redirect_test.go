package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTrailingSlash(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for path, want := range map[string]string{
		gopsPath + "/":       gopsPath,
		gopsPath + ".json/":  gopsPath + ".json",
		gopsPath + "/0.mp4/": gopsPath + "/0.mp4",

		"/videos/my%20b.mp4/group-of-pictures/?a=b":   "/videos/my%20b.mp4/group-of-pictures?a=b",
		"/videos/b.mp4/group-of-pictures/?\u00e9=%C3": "/videos/b.mp4/group-of-pictures?%C3%A9=%C3",
	} {
		resp := get(t, handler, path)
		assert.Equal(t, http.StatusPermanentRedirect, resp.StatusCode, path)
		assert.Equal(t, want, resp.Header.Get("Location"), path)
	}
	for _, path := range []string{"//evil.example/", "/none/", gopsPath + "//"} {
		assert.Equal(t, http.StatusNotFound, get(t, handler, path).StatusCode, path)
	}
}

func TestNameRedirectsToThePage(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for path, want := range map[string]string{
		"/videos/a.mp4":                 gopsPath,
		"/videos/a.mp4?video=1&é=%C3":   gopsPath + "?video=1&%C3%A9=%C3",
		"/videos/my%20video.mp4":        "/videos/my%20video.mp4/group-of-pictures",
		"/videos/deep%2Fer/b.mp4":       "/videos/deep%2Fer/b.mp4/group-of-pictures",
		"/videos/%2F%2Fevil.example":    "/videos/%2F%2Fevil.example/group-of-pictures",
		"/videos/..%2F..%2Fa":           "/videos/..%2F..%2Fa/group-of-pictures",
		"/videos/group-of-pictures.mp4": "/videos/group-of-pictures.mp4/group-of-pictures",
	} {
		resp := get(t, handler, path)
		assert.Equal(t, http.StatusTemporaryRedirect, resp.StatusCode, path)
		assert.Equal(t, want, resp.Header.Get("Location"), path)
	}
}

// A redirect never leads to another host.
func TestRedirectsStayOnTheServer(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for path, want := range map[string]struct {
		status   int
		location string
	}{
		"//evil.example/":             {404, ""},
		"//evil.example/videos/a/":    {404, ""},
		"/%2Fevil.example/":           {404, ""},
		"/\\evil.example/":            {404, ""},
		"/videos/":                    {404, ""},
		"/https:%2F%2Fevil.example/":  {404, ""},
		"/videos/%2F%2Fevil.example/": {308, "/videos/%2F%2Fevil.example"},
		"/videos//evil.example/":      {308, "/videos//evil.example"},
		"/videos/%0d%0aLocation:x/":   {308, "/videos/%0d%0aLocation:x"},
		"/videos//evil.example":       {307, "/videos//evil.example/group-of-pictures"},
		"/videos/%0d%0aLocation:x":    {307, "/videos/%0d%0aLocation:x/group-of-pictures"},
		"/videos/\\evil.example":      {307, "/videos/%5Cevil.example/group-of-pictures"},
	} {
		resp := get(t, handler, path)
		assert.Equal(t, want.status, resp.StatusCode, path)
		assert.Equal(t, want.location, resp.Header.Get("Location"), path)
	}
}
