package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

// representation is the complete response of a path in one encoding.
type representation struct {
	tag, contentType, encoding string
	content                    []byte
}

func representationOf(t testing.TB, handler http.Handler, path, accept string) representation {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	return representation{
		w.Header().Get("ETag"), w.Header().Get("Content-Type"),
		w.Header().Get("Content-Encoding"), w.Body.Bytes(),
	}
}

// respond returns the response of net/http to a normalized request for the representation.
func (rep representation) respond(r *http.Request) *httptest.ResponseRecorder {
	if rep.encoding != "" && strings.Contains(r.Header.Get("Range"), ",") {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	w := httptest.NewRecorder()
	w.Header().Set("ETag", rep.tag)
	w.Header().Set("Content-Type", rep.contentType)
	if rep.encoding != "" {
		w.Header().Set("Content-Encoding", rep.encoding)
	}
	http.ServeContent(w, r, "", modified, bytes.NewReader(rep.content))
	return w
}

// For all preconditions and ranges, responses from several parts, from the cache and with compression equal
// those that net/http makes from the same bytes in memory.
func FuzzConditional(f *testing.F) {
	s := newFakeLibrary()
	useFileSegments(f, s, nil)
	fromFile := s.segment
	s.segment = func(ix *video.Index, key video.SegmentKey) (*video.Segment, error) {
		if key.GOP == 0 {
			return manyPartSegment(), nil
		}
		return fromFile(ix, key)
	}
	handler := newHandlerWith(f, httpapi.NewDefaultConfig(), s, slog.New(slog.DiscardHandler))
	// The plain and the gzip-compressed form of each path.
	var paths []string
	var forms [][2]representation
	for _, path := range []string{gopsPath + "/0.mp4", gopPath, gopsPath + ".json"} {
		paths = append(paths, path)
		forms = append(forms, [2]representation{
			representationOf(f, handler, path, ""),
			representationOf(f, handler, path, "gzip"),
		})
	}
	require.Equal(f, "gzip", forms[2][1].encoding)

	past, future := "Thu, 01 Jan 2026 00:00:00 GMT", "Sat, 03 Jan 2026 00:00:00 GMT"
	now := modified.Format(http.TimeFormat)
	for path := range byte(3) {
		// @ stands for the entity tag of the plain form, and ~ for that of the compressed form.
		f.Add(path, false, "bytes=0-0", "", "", "", "", "", "gzip")
		f.Add(path, false, "bytes=-3", "@", "", "", "", "", "")
		f.Add(path, true, "bytes=2-", now, "", "", "", "", "")
		f.Add(path, false, "bytes=0-1,8-9", past, "", "", "", "", "*;q=0")
		f.Add(path, false, "bytes=0-1, 3-4,-2", "", "", "", "", "", "gzip;q=0.5, identity;q=0.9")
		f.Add(path, false, "bytes=99999-", "~", "", "", "", "", "x-gzip")
		f.Add(path, false, "lines=1", "", "", "", "", "", "br, *")
		f.Add(path, false, "", "", "@", "", "", "", "gzip")
		f.Add(path, true, "", "", `W/@, "x"`, "", "", "", "gzip;q=0")
		f.Add(path, false, "", "", "*", "@", now, "", "")
		f.Add(path, false, "", "", "", "~", "", now, "gzip")
		f.Add(path, false, "", "", "", `"x"`, "", "", "")
		f.Add(path, false, "", "", "", "", now, "", "")
		f.Add(path, false, "", "", "", "", future, past, "")
		f.Add(path, false, "bytes=1-", "", "", "", past, future, "")
	}
	f.Fuzz(func(
		t *testing.T, path byte, head bool,
		ranges, ifRange, ifNoneMatch, ifMatch, ifModified, ifUnmodified, accept string,
	) {
		at := int(path) % len(paths)
		plain, compressedForm := forms[at][0], forms[at][1]
		tags := strings.NewReplacer("@", plain.tag, "~", compressedForm.tag)
		r := httptest.NewRequest(http.MethodGet, paths[at], nil)
		if head {
			r.Method = http.MethodHead
		}
		for name, value := range map[string]string{
			"Range": ranges, "If-Range": tags.Replace(ifRange), "If-Match": tags.Replace(ifMatch),
			"If-None-Match":     tags.Replace(ifNoneMatch),
			"If-Modified-Since": ifModified, "If-Unmodified-Since": ifUnmodified, "Accept-Encoding": accept,
		} {
			value = strings.Trim(value, " \t")
			isControl := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }
			if strings.ContainsFunc(value, isControl) {
				return // net/http refuses the request
			}
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		got := httptest.NewRecorder()
		handler.ServeHTTP(got, r)
		normalized := httpapi.Normalized(r)
		selected := plain
		isCompressed := representationOf(t, handler, paths[at], accept).encoding != ""
		if isCompressed {
			selected = compressedForm
		}
		// A client that accepts both forms and has one of them gets a 304.
		want := selected.respond(normalized)
		if isCompressed && want.Code != http.StatusNotModified && want.Code != http.StatusPreconditionFailed {
			if current := plain.respond(normalized); current.Code == http.StatusNotModified {
				want = current
			}
		}
		require.Equal(t, want.Code, got.Code)
		if got.Code == http.StatusNotModified || got.Code == http.StatusPreconditionFailed {
			require.Equal(t, want.Header()["Etag"], got.Header()["Etag"])
			require.Empty(t, got.Body.Bytes())
			return
		}
		for _, name := range []string{
			"Content-Range", "Accept-Ranges", "Content-Encoding", "ETag", "Last-Modified",
		} {
			require.Equal(t, want.Header()[name], got.Header()[name], name)
		}
		// net/http omits the length of a complete encoded response.
		isEncoded := want.Header().Get("Content-Encoding") != ""
		if got.Code == http.StatusPartialContent || got.Code == http.StatusOK && !isEncoded {
			require.Equal(t, want.Header().Get("Content-Length"), got.Header().Get("Content-Length"))
		}
		require.Equal(t, partsOf(t, want), partsOf(t, got))
	})
}

// manyPartSegment returns a segment of small parts of a source that is not an *os.File.
func manyPartSegment() *video.Segment {
	segment := &video.Segment{
		ContentType: "video/mp4", Size: 28, Parts: []video.Part{{Data: []byte("01")}},
		Source: func(context.Context) (video.File, error) {
			return memoryFile{bytes.NewReader([]byte("abcdefghijklmnopqrstuvwxyz"))}, nil
		},
	}
	for at := range int64(26) {
		segment.Parts = append(segment.Parts, video.Part{Offset: 25 - at, Length: 1})
	}
	return segment
}

// bodyPart is one range of a body, or all of it.
type bodyPart struct {
	contentType, contentRange string
	content                   string
}

// partsOf returns the ranges of a multipart/byteranges body without its random boundaries, or the whole body.
func partsOf(t *testing.T, w *httptest.ResponseRecorder) []bodyPart {
	t.Helper()
	kind := w.Header().Get("Content-Type")
	media, parameters, err := mime.ParseMediaType(kind)
	if w.Body.Len() == 0 || media != "multipart/byteranges" {
		if media == "multipart/byteranges" {
			kind = media
		}
		return []bodyPart{{kind, w.Header().Get("Content-Range"), w.Body.String()}}
	}
	require.NoError(t, err)
	var parts []bodyPart
	for reader := multipart.NewReader(w.Body, parameters["boundary"]); ; {
		part, err := reader.NextPart()
		if err == io.EOF {
			return parts
		}
		require.NoError(t, err)
		content, err := io.ReadAll(part)
		require.NoError(t, err)
		parts = append(parts, bodyPart{
			part.Header.Get("Content-Type"), part.Header.Get("Content-Range"),
			string(content),
		})
	}
}
