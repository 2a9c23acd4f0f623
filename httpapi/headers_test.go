package httpapi_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
	"gop/video"
)

func TestMaxAge(t *testing.T) {
	for age, want := range map[time.Duration]string{
		0:         "public, no-cache",
		time.Hour: "public, max-age=3600",
	} {
		config := httpapi.NewDefaultConfig()
		config.MaxAge = age
		handler := newHandlerWith(t, config, newFakeLibrary(), slog.New(slog.DiscardHandler))
		for _, path := range []string{gopsPath, gopsPath + ".json", gopsPath + "/0.mp4"} {
			assert.Equal(t, want, get(t, handler, path).Header.Get("Cache-Control"), path)
			refused := get(t, handler, "/videos/none.mp4/group-of-pictures")
			assert.Equal(t, "no-store", refused.Header.Get("Cache-Control"), path)
		}
	}
}

func TestCacheControlWithAccessControl(t *testing.T) {
	synctest.Test(t, testCacheControlWithAccessControl) // the clock stands still
}

func testCacheControlWithAccessControl(t *testing.T) {
	handler, _ := newRestrictedHandler(t, func(c *httpapi.Config) {
		withKeys(c)
		c.Token, c.MaxAge = token, time.Hour
	})
	control := func(target string, header ...string) string {
		resp := get(t, handler, target, header...)
		require.Equal(t, 200, resp.StatusCode)
		return resp.Header.Get("Cache-Control")
	}
	signed := func(path string, valid time.Duration) string {
		return control(signedURL(t, newKey, path, time.Now().Add(valid)))
	}
	for _, path := range []string{gopsPath, gopsPath + ".json", gopsPath + "/0.mp4"} {
		assert.Equal(t, "private, max-age=3600", control(path, "Authorization", "Bearer "+token))
		assert.Equal(t, "private, max-age=3600", signed(path, 2*time.Hour))
		assert.Equal(t, "private, max-age=60", signed(path, time.Minute))
	}
	assert.Equal(t, "private, no-cache", control("/", "Authorization", "Bearer "+token))
	handler, _ = newRestrictedHandler(t, withKeys)
	assert.Equal(t, "private, no-cache", signed("/", time.Hour))
	assert.Equal(t, "private, no-cache", signed(gopsPath+".json", time.Hour))
}

func TestCacheStatus(t *testing.T) {
	s := newFakeLibrary()
	handler, _ := newHandler(t, s)
	for status, want := range map[video.CacheStatus]string{
		video.CacheMiss: "gop; fwd=miss", video.CacheCollapsed: "gop; fwd=miss; collapsed",
		video.CacheHit: "gop; hit",
	} {
		s.status = status
		resp := get(t, handler, gopPath)
		assert.Equal(t, want, resp.Header.Get("Cache-Status"))
	}
	assert.Empty(t, get(t, handler, gopsPath+"/9.mp4").Header.Get("Cache-Status"))
}
