package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gop/video"
)

// A signed URL has two more query parameters: the time when it expires, in seconds since 1970, and a
// signature over that time and a scope. The scope of a file, such as a GOP, a clip or the image of a frame,
// is the file with that query. The scope of a video's page, listing, description or list of frames is the
// whole video. The scope of "/" is everything.
const (
	expiresParam   = "expires"
	signatureParam = "signature"
)

var errShortKey = errors.New("a key for signed URLs must have at least 16 bytes")

// minKeyBytes is the minimum length of a key or a token: a shorter one could be guessed.
const minKeyBytes = 16

// maxKeys bounds the work of checking a signature. Replacing a key takes two.
const maxKeys = 4

// Sign removes foreign parameters from target, a path of this server with an optional query, and adds an
// expiry and a signature. A server with the same key accepts the result until the given time.
func Sign(key []byte, target string, until time.Time) (string, error) {
	if len(key) < minKeyBytes {
		return "", errShortKey
	}
	u, err := url.Parse(target)
	if err != nil || !strings.HasPrefix(u.Path, "/") || u.Host != "" {
		return "", fmt.Errorf("%q is not a path of this server", target)
	}
	u.RawQuery = withoutForeignParams(u.RawQuery)
	scope, err := scopeOf(u)
	if err != nil {
		return "", err
	}
	expires := strconv.FormatInt(until.Unix(), 10)
	query := u.Query()
	query.Set(expiresParam, expires)
	query.Set(signatureParam, signature(key, scope, expires))
	return u.EscapedPath() + "?" + query.Encode(), nil
}

// signature returns the HMAC-SHA256 (RFC 2104) over a scope and the text of the expiry.
func signature(key []byte, scope, expires string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(scope + "\n" + expires))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// libraryPath is the path of the library page, and the scope of signatures for everything.
const libraryPath = "/"

// scopeOf returns the scope of a signature of u.
func scopeOf(u *url.URL) (string, error) {
	path := u.EscapedPath()
	if path == libraryPath {
		return libraryPath, nil
	}
	at := strings.LastIndex(path, gopsSuffix)
	if name, ok := signedName(path[:max(at, 0)]); ok {
		switch rest := path[at+len(gopsSuffix):]; {
		case rest == "" || rest == ".json":
			return videoPath(name), nil
		case fileOfGOP.MatchString(rest):
			return withQuery(videoPath(name)+rest, u.Query()), nil
		}
	}
	if at := fileOfVideo.FindStringIndex(path); at != nil {
		if name, ok := signedName(path[:at[0]]); ok && video.HasExtension(name) {
			return withQuery(namePath(name)+path[at[0]:], u.Query()), nil
		}
	}
	for _, suffix := range []string{frameListSuffix, storyboardSuffix, descriptionSuffix} {
		if path, ok := strings.CutSuffix(path, suffix); ok {
			if name, ok := signedName(path); ok {
				return videoPath(name), nil
			}
		}
	}
	return "", fmt.Errorf("%q is not /, nor the path of a video or of a file of it", path)
}

// signedName returns the name of the video whose paths start with path, and reports whether there is one.
func signedName(path string) (string, bool) {
	escaped, ok := strings.CutPrefix(path, "/videos/")
	name, err := url.PathUnescape(escaped)
	return name, ok && err == nil && name != ""
}

// fileOfGOP matches what follows the path of a video's page in the paths of its GOPs.
var fileOfGOP = regexp.MustCompile(`^/.*\.(?:mp4|jpg|png|webp)$`)

// fileOfVideo matches the ends of the paths of a video's files that are not below the path of its page.
var fileOfVideo = regexp.MustCompile(`/(?:clip\.mp4|(?:frame|contact|storyboard/[^/]*)\.(?:jpg|png|webp))$`)

// withQuery appends to a path the query without the signature, in alphabetical order.
func withQuery(path string, query url.Values) string {
	unsigned := maps.Clone(query)
	delete(unsigned, expiresParam)
	delete(unsigned, signatureParam)
	if len(unsigned) == 0 {
		return path
	}
	return path + "?" + unsigned.Encode()
}
