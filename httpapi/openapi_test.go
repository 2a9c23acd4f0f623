package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/templates"
	"gop/video"
)

// loadOpenAPI returns openapi.yaml, validated against the OpenAPI specification.
func loadOpenAPI(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	require.NoError(t, err)
	require.True(t, document.IsOpenAPI31OrLater())
	require.NoError(t, document.Validate(context.Background()))
	return document
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	operations := map[string]string{}
	for path, item := range loadOpenAPI(t).Paths.Map() {
		operations[path] = item.Get.OperationID
	}
	require.Equal(t, httpapi.RouteNames(), operations)
}

const (
	videoPath     = "/videos/{name}"
	pagePath      = "/videos/{name}/group-of-pictures"
	listingPath   = pagePath + ".json"
	segmentPath   = pagePath + "/{gop}.mp4"
	thumbnailPath = pagePath + "/{gop}.{format}"

	descriptionPath = videoPath + ".json"
	clipPath        = videoPath + "/clip.mp4"
	framePath       = videoPath + "/frame.{format}"
	frameListPath   = videoPath + "/frames.json"

	storyboardPath   = videoPath + "/storyboard.vtt"
	sheetPath        = videoPath + "/storyboard/{sheet}.{format}"
	contactSheetPath = videoPath + "/contact.{format}"
)

// apiRequest is a request, and the path and the status in openapi.yaml that describe its response.
type apiRequest struct {
	path   string
	name   string
	suffix string // of the target after the name; the whole target if name is empty
	query  string
	header []string
	method string
	status int
}

// Every response follows openapi.yaml, and every status of openapi.yaml is returned by a request below.
func TestResponsesFollowOpenAPI(t *testing.T) {
	document := loadOpenAPI(t)
	assets := slices.Sorted(maps.Keys(templates.Assets))
	for _, kind := range []string{
		"text/css", "text/javascript", "text/html", "video/mp4", "multipart/byteranges", "image/jpeg",
		"image/png", "image/webp", "text/vtt",
	} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
		defer openapi3filter.UnregisterBodyDecoder(kind)
	}
	s := newMultiTrackLibrary()
	s.indexes["full.mp4"] = testIndex("full.mp4")
	s.indexes["full.mp4"].Description = fullDescription()
	fails := map[int]string{}
	for status, err := range map[int]error{
		413: video.Errorf(video.TooLarge, "too large"), 422: video.Errorf(video.Unreadable, "damaged"),
		500: errors.New("inner"), 503: video.Errorf(video.Unavailable, "busy"), 504: context.DeadlineExceeded,
	} {
		fails[status] = fmt.Sprintf("fails-%d.mp4", status)
		s.errs[fails[status]] = err
	}
	config := httpapi.NewDefaultConfig()
	config.MaxURLBytes = 300
	open := newHandlerWith(t, config, s, slog.New(slog.DiscardHandler))
	config.Token = token
	needsToken := newHandlerWith(t, config, s, slog.New(slog.DiscardHandler))
	config.Token, config.URLKeys = "", [][]byte{newKey}
	needsSignature := newHandlerWith(t, config, s, slog.New(slog.DiscardHandler))
	handlerFor := func(status int) http.Handler {
		switch status {
		case http.StatusUnauthorized:
			return needsToken
		case http.StatusForbidden:
			return needsSignature
		}
		return open
	}

	const assetPath = "/assets/{file}"
	requests := []apiRequest{
		{path: assetPath, suffix: "/assets/none.css", status: 404},
		{path: assetPath, suffix: "/assets/" + assets[0], status: 200},
		{path: assetPath, suffix: "/assets/" + assets[1], status: 200},
		{path: "/", suffix: "/", status: 200},
		{path: "/", suffix: "/?folder=deep/er&search=b&sort=longest", status: 200},
		{path: "/", suffix: "/?folder=none", status: 404},
		{path: "/", suffix: "/?sort=x", status: 400},
		{path: videoPath, suffix: "/videos/a.mp4", status: 307},
		{path: videoPath, suffix: "/videos/a.mp4", method: http.MethodPost, status: 405},
		{path: videoPath, suffix: "/videos/a.mp4", status: 401},
		{path: videoPath, suffix: "/videos/a.mp4", status: 403},
		{path: videoPath, suffix: "/videos/a.mp4/group-of-pictures/0.webm", status: 404},
		{path: videoPath, suffix: "/videos/a.mp4", query: strings.Repeat("a", 300), status: 414},
		{path: descriptionPath, suffix: "/videos/a.mp4.json", status: 200},
		{path: descriptionPath, suffix: "/videos/full.mp4.json", status: 200},
		{path: descriptionPath, suffix: "/videos/none.mp4.json", status: 404},
		{path: descriptionPath, suffix: "/videos/a.mp4.json", query: "video=1", status: 400},
		{path: listingPath, name: "many.mp4", suffix: ".json", query: "columns=1", status: 200},
		{path: pagePath, name: "many.mp4", query: "page=2", status: 404},
		{path: "/healthz", suffix: "/healthz", status: 200},
		{path: "/readyz", suffix: "/readyz", status: 200},
		{path: "/openapi.yaml", suffix: "/openapi.yaml", status: 200},
		{path: framePath, name: "a.mp4", suffix: "/frame.jpg", query: "t=1.5&n=1", status: 400},
		{path: framePath, name: "a.mp4", suffix: "/frame.jpg", query: "t=0:02", status: 404},
		{path: framePath, name: "many.mp4", suffix: "/frame.png", query: "n=49&crop=64:64", status: 200},
		{path: frameListPath, name: "a.mp4", suffix: "/frames.json", query: "from=2&to=1", status: 400},
		{path: frameListPath, name: "a.mp4", suffix: "/frames.json", query: "from=0.5&to=1.5", status: 200},
		{path: sheetPath, name: "a.mp4", suffix: "/storyboard/x.jpg", status: 400},
		{path: thumbnailPath, name: "a.mp4", suffix: "/1.webp", status: 200},
		{path: sheetPath, name: "a.mp4", suffix: "/storyboard/1.jpg", status: 404},
		{path: storyboardPath, name: "a.mp4", suffix: "/storyboard.vtt", query: "every=1", status: 200},
		{path: contactSheetPath, name: "a.mp4", suffix: "/contact.png", query: "rows=1", status: 200},
		{path: thumbnailPath, name: "a.mp4", suffix: "/x.jpg", status: 400},
		{path: thumbnailPath, name: "a.mp4", suffix: "/9.png", status: 404},
		{path: thumbnailPath, name: "many.mp4", suffix: "/1.png", query: "video=2&width=1920", status: 200},
		{path: thumbnailPath, name: "many.mp4", suffix: "/1.png", query: "crop=64:64&blur=2", status: 200},
		{path: segmentPath, name: "a.mp4", suffix: "/x.mp4", status: 400},
		{path: segmentPath, name: "many.mp4", suffix: "/0-1.mp4", status: 200},
		{path: clipPath, suffix: "/videos/a.mp4/clip.mp4", status: 200},
		{path: clipPath, suffix: "/videos/many.mp4/clip.mp4?from=0:00.5&cut=exact", status: 200},
		{path: clipPath, suffix: "/videos/many.mp4/clip.mp4?from=0:61", status: 400},
		{path: clipPath, suffix: "/videos/many.mp4/clip.mp4?from=99", status: 404},
		{path: listingPath, name: "many.mp4", suffix: ".json", query: "first=1&last=1", status: 200},
		{path: listingPath, name: "many.mp4", suffix: ".json", query: "from=99", status: 200},
		{path: segmentPath, name: "a.mp4", suffix: "/9.mp4", status: 404},
		{
			path: segmentPath, name: "many.mp4", suffix: "/1.mp4", query: "video=2&audio=1&leading=0",
			status: 200,
		},
		{path: segmentPath, name: "many.mp4", suffix: "/1.mp4", query: "audio=3", status: 422},
		{
			path: segmentPath, name: "many.mp4", suffix: "/1.mp4", query: "crop=64:64&gray=1&codec=h264",
			status: 200,
		},
		{path: segmentPath, name: "many.mp4", suffix: "/1.mp4", query: "crop=640:64", status: 400},
		{
			path: segmentPath, name: "a.mp4", suffix: "/0.mp4", header: []string{"Range", "bytes=0-1,4-5"},
			status: 206,
		},
	}
	for path, suffix := range map[string]string{
		pagePath: "", listingPath: ".json", segmentPath: "/0.mp4", thumbnailPath: "/0.jpg",
		framePath: "/frame.jpg", frameListPath: "/frames.json", storyboardPath: "/storyboard.vtt",
		sheetPath: "/storyboard/0.jpg", contactSheetPath: "/contact.jpg",
	} {
		requests = append(
			requests,
			apiRequest{path: path, name: "a.mp4", suffix: suffix, status: 200},
			apiRequest{path: path, name: "deep/er/b.mp4", suffix: suffix, status: 200},
			apiRequest{
				path: path, name: "many.mp4", suffix: suffix, query: "video=2", status: secondTrack(path),
			},
			apiRequest{path: path, name: "none.mp4", suffix: suffix, status: 404},
			apiRequest{path: path, name: "many.mp4", suffix: suffix, query: "video=3", status: 404},
			apiRequest{path: path, name: "a.mp4", suffix: suffix, query: "speed=2", status: 400},
		)
		for status, name := range fails {
			requests = append(requests, apiRequest{path: path, name: name, suffix: suffix, status: status})
		}
	}
	for status, name := range fails {
		target := "/videos/" + name + ".json"
		requests = append(requests, apiRequest{path: descriptionPath, suffix: target, status: status})
		target = "/videos/" + name + "/clip.mp4"
		requests = append(requests, apiRequest{path: clipPath, suffix: target, status: status})
	}
	// Every route except the redirects has these responses.
	for path, target := range map[string]string{
		"/": "/", "/healthz": "/healthz", "/readyz": "/readyz", "/openapi.yaml": "/openapi.yaml",
		pagePath: "", listingPath: ".json", segmentPath: "/0.mp4", thumbnailPath: "/0.png",
		assetPath: "/assets/" + assets[0], descriptionPath: "/videos/a.mp4.json",
		clipPath:  "/clip.mp4",
		framePath: "/frame.png", frameListPath: "/frames.json", storyboardPath: "/storyboard.vtt",
		sheetPath: "/storyboard/0.png", contactSheetPath: "/contact.png",
	} {
		d := apiRequest{path: path, suffix: target}
		if strings.HasPrefix(path, videoPath+"/") {
			d.name = "a.mp4"
		}
		with := func(status int, change func(*apiRequest)) {
			one := d
			one.status = status
			change(&one)
			requests = append(requests, one)
		}
		with(405, func(d *apiRequest) { d.method = http.MethodPost })
		with(414, func(d *apiRequest) { d.query = strings.Repeat("a", 300) })
		if path == "/healthz" || path == "/readyz" {
			continue
		}
		if path != assetPath {
			with(401, func(*apiRequest) {})
			with(403, func(*apiRequest) {})
		}
		etag := get(t, open, d.target()).Header.Get("ETag")
		with(304, func(d *apiRequest) { d.header = []string{"If-None-Match", etag} })
		if path == "/" {
			continue
		}
		with(412, func(d *apiRequest) { d.header = []string{"If-Match", `"x"`} })
		with(206, func(d *apiRequest) { d.header = []string{"Range", "bytes=0-1"} })
		if path != pagePath {
			with(416, func(d *apiRequest) { d.header = []string{"Range", "bytes=9999999-"} })
		}
	}

	seen := map[string]bool{}
	for _, d := range requests {
		checkResponse(t, document, handlerFor(d.status), d)
		seen[d.path+" "+strconv.Itoa(d.status)] = true
	}
	// The library itself fails.
	for status, err := range map[int]error{
		500: errors.New("inner"), 503: video.Errorf(video.Unavailable, "busy"), 504: context.DeadlineExceeded,
	} {
		s.errs[""], s.errs["ready"] = err, err
		checkResponse(t, document, open, apiRequest{path: "/", suffix: "/", status: status})
		seen["/ "+strconv.Itoa(status)] = true
		if status == 503 {
			checkResponse(t, document, open, apiRequest{path: "/readyz", suffix: "/readyz", status: status})
			seen["/readyz 503"] = true
		}
	}
	for path, item := range document.Paths.Map() {
		for status := range item.Get.Responses.Map() {
			assert.True(t, seen[path+" "+status], "no request has status %s at %s", status, path)
		}
	}
}

// secondTrack returns the status of a request for the second video track, which has no size.
func secondTrack(path string) int {
	switch path {
	case storyboardPath, sheetPath, contactSheetPath:
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (d apiRequest) target() string {
	target := d.suffix
	if d.name != "" {
		target = "/videos/" + (&url.URL{Path: d.name}).EscapedPath()
		if strings.HasPrefix(d.path, pagePath) {
			target += "/group-of-pictures"
		}
		target += d.suffix
	}
	if d.query != "" {
		target += "?" + d.query
	}
	return target
}

// checkResponse makes a request and compares the status, headers and body of the response with openapi.yaml.
func checkResponse(t *testing.T, document *openapi3.T, handler http.Handler, d apiRequest) {
	t.Helper()
	method := d.method
	if method == "" {
		method = http.MethodGet
	}
	r := httptest.NewRequest(method, d.target(), nil)
	for i := 0; i < len(d.header); i += 2 {
		r.Header.Set(d.header[i], d.header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Equal(t, d.status, w.Code, "%s: %s", d.target(), w.Body.String()[:min(w.Body.Len(), 200)])
	item := document.Paths.Value(d.path)
	require.NotNil(t, item, d.path)
	require.NotNil(t, item.Get.Responses.Status(d.status), "%d at %s", d.status, d.path)
	assert.Regexp(t, document.Components.Headers["Server-Timing"].Value.Schema.Value.Pattern,
		w.Header().Get("Server-Timing"), "%d at %s", d.status, d.target())
	if d.status == http.StatusPartialContent || d.status == http.StatusNotModified {
		// A range of a document does not follow its schema, and a 304 has no content type.
		if kind := w.Header().Get("Content-Type"); w.Body.Len() > 0 {
			kind, _, _ = strings.Cut(kind, ";")
			require.NotNil(t, item.Get.Responses.Status(d.status).Value.Content.Get(kind), "%s at %s", kind,
				d.path)
		}
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r,
			Route: &routers.Route{
				Spec: document, Path: d.path, PathItem: item, Method: http.MethodGet, Operation: item.Get,
			},
		},
		Status: w.Code, Header: w.Header(), Body: io.NopCloser(w.Body),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), input), "%d at %s", d.status, d.target())
}

// The parameters of a signed URL are those of the security schemes.
func TestSecurityFollowsOpenAPI(t *testing.T) {
	document := loadOpenAPI(t)
	signed, err := url.Parse(signedURL(t, newKey, gopsPath, time.Now().Add(time.Hour)))
	require.NoError(t, err)
	for name, scheme := range document.Components.SecuritySchemes {
		switch scheme.Value.Type {
		case "apiKey":
			assert.Equal(t, "query", scheme.Value.In)
			assert.True(t, signed.Query().Has(scheme.Value.Name), name)
		default:
			assert.Equal(t, "bearer", scheme.Value.Scheme)
		}
	}
}

// TestListingGolden compares the golden file with the response of the handler.
func TestListingFollowsOpenAPI(t *testing.T) {
	document := loadOpenAPI(t)
	golden, err := os.ReadFile("testdata/listing.json")
	require.NoError(t, err)
	response := document.Paths.Value(listingPath).Get.Responses.Status(http.StatusOK)
	schema := response.Value.Content.Get("application/json").Schema.Value
	var value any
	require.NoError(t, json.Unmarshal(golden, &value))
	require.NoError(t, schema.VisitJSON(value))
}

func TestOpenAPIDocumentIsServed(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	resp := get(t, handler, "/openapi.yaml")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "application/yaml", resp.Header.Get("Content-Type"))
	assert.Contains(t, body(t, resp), "openapi: 3")
	again := get(t, handler, "/openapi.yaml", "If-None-Match", resp.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
}
