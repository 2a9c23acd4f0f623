package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSign(t *testing.T) {
	const key, before = "000102030405060708090a0b0c0d0e0f", "ffffffffffffffffffffffffffffffff"
	const path = "/videos/h264-aac.mp4/group-of-pictures/0.mp4"
	t.Setenv("GOP_URL_KEYS", key+","+before)
	p := serveFolder(t, folderOf(t, "h264-aac.mp4"))
	response, _ := p.get(t, path)
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	for _, args := range [][]string{{path}, {"--url-keys", before, path}, {"--expires", "1m", path}} {
		code, stdout, stderr := ran(t, append([]string{"sign"}, args...)...)
		assert.Zero(t, code, stderr)
		response, _ = p.get(t, strings.TrimSpace(stdout))
		assert.Equal(t, http.StatusOK, response.StatusCode, stdout)
	}
	// The process list and the log contain no key.
	assert.NotContains(t, strings.Join(p.cmd.Args, " ")+p.stderr.String(), key)

	for want, args := range map[string][]string{
		`gop: sign: "/x" is not /, nor the path of a video or of a file of it`: {"/x"},
		"gop: --url-keys: key 1 is not hexadecimal":                            {"--url-keys", "xyz", path},
		"gop: sign: a key for signed URLs must have at least 16 bytes":         {"--url-keys", "00", path},
		"gop: --expires must be positive":                                      {"--expires", "0s", path},
	} {
		code, _, stderr := ran(t, append([]string{"sign"}, args...)...)
		assert.Equal(t, 1, code, args)
		assert.Equal(t, want+"\n", stderr)
	}
	t.Setenv("GOP_URL_KEYS", "")
	code, _, stderr := ran(t, "sign", path)
	assert.Equal(t, 1, code)
	assert.Equal(t, "gop: no key to sign with: set GOP_URL_KEYS to the server's keys\n", stderr)
}

// gop sign reads the server's base path, and prints it.
func TestSignBelowABasePath(t *testing.T) {
	t.Setenv("GOP_URL_KEYS", "000102030405060708090a0b0c0d0e0f")
	t.Setenv("GOP_BASE_PATH", "/gop")
	const path = "/videos/h264-aac.mp4/group-of-pictures"
	p := serveFolder(t, folderOf(t, "h264-aac.mp4"))
	origin, isBelow := strings.CutSuffix(p.url, "/gop")
	assert.True(t, isBelow, p.url)
	p.url = origin
	for _, target := range []string{path, "/gop" + path, "/", "/gop", "/gop/"} {
		code, stdout, stderr := ran(t, "sign", target)
		assert.Zero(t, code, stderr)
		signed := strings.TrimSpace(stdout)
		assert.Regexp(t, `^/gop/(videos/.*)?\?expires=`, signed)
		response, _ := p.get(t, signed)
		assert.Equal(t, http.StatusOK, response.StatusCode, signed)
		response, _ = p.get(t, strings.TrimPrefix(signed, "/gop"))
		assert.Equal(t, http.StatusOK, response.StatusCode, "without the base path: %s", signed)
	}
	code, _, stderr := ran(t, "sign", "--base-path", "//evil.example", path)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "gop: --base-path must be a path like /gop")
	code, _, stderr = ran(t, "sign", "")
	assert.Equal(t, 1, code, stderr)
}

func TestTokenFromTheEnvironment(t *testing.T) {
	t.Setenv("GOP_TOKEN", "a-token-of-some-length")
	p := serveFolder(t, folderOf(t, "h264-aac.mp4"), "--cors-origins", "none")
	response, _ := p.get(t, "/")
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
	response, _ = p.get(t, "/",
		"Authorization", "Bearer a-token-of-some-length", "Origin", "https://a.example")
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Empty(t, response.Header.Get("Access-Control-Allow-Origin"))
}
