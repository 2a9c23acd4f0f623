package httpapi

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"gop/templates"
)

// A signed URL has two more parameters: the time when it expires, in seconds since 1970, and a signature over
// that time and a scope. The scope of a GOP's URL is that GOP with that query; of a video's page or listing,
// the whole video; of "/", everything.
const (
	expiresParam   = "expires"
	signatureParam = "signature"
)

var errShortKey = errors.New("a key for signed URLs must have at least 16 bytes")

// minKeyBytes is the minimum length of a key or a token: a shorter one could be guessed.
const minKeyBytes = 16

// maxKeys bounds the work of checking a signature. Two keys are enough to replace one by another.
const maxKeys = 4

// Sign returns a path and query with a signature that a server with the same key accepts until a time.
func Sign(key []byte, target string, until time.Time) (string, error) {
	if len(key) < minKeyBytes {
		return "", errShortKey
	}
	u, err := url.Parse(target)
	if err != nil || !strings.HasPrefix(u.Path, "/") || u.Host != "" {
		return "", fmt.Errorf("%q is not a path of this server", target)
	}
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

// cacheControl returns the value of Cache-Control. Restricted responses are private, and no response may be
// reused after its URL expires.
func (s *server) cacheControl(r *http.Request, age time.Duration) string {
	visibility := "public"
	if !s.config.isOpen() {
		visibility = "private"
		if until := grantOf(r).until; !until.IsZero() {
			age = min(age, time.Until(until))
		}
	}
	if seconds := int(age.Seconds()); seconds > 0 {
		return fmt.Sprintf("%s, max-age=%d", visibility, seconds)
	}
	return visibility + ", no-cache"
}

// libraryPath is the path of the library page, and the scope of signatures for everything.
const libraryPath = "/"

// scopeOf returns the scope of a signature of a URL.
func scopeOf(u *url.URL) (string, error) {
	path := u.EscapedPath()
	if path == libraryPath {
		return libraryPath, nil
	}
	at := strings.LastIndex(path, gopsSuffix)
	escaped, ok := strings.CutPrefix(path[:max(at, 0)], "/videos/")
	name, err := url.PathUnescape(escaped)
	if !ok || err != nil || name == "" {
		return "", fmt.Errorf("%q is not /, nor the path of a video or a GOP", path)
	}
	switch rest := path[at+len(gopsSuffix):]; {
	case rest == "" || rest == ".json":
		return videoPath(name), nil
	case slices.Contains([]string{".mp4", ".jpg", ".png"}, path[max(len(path)-4, 0):]) && rest[0] == '/':
		return gopScope(name, rest[1:], u.Query()), nil
	}
	return "", fmt.Errorf("%q is not /, nor the path of a video or a GOP", path)
}

// gopScope returns the path of a GOP's file and its query without the signature, in alphabetical order.
func gopScope(name, file string, query url.Values) string {
	scope := videoPath(name) + "/" + file
	query.Del(expiresParam)
	query.Del(signatureParam)
	if len(query) > 0 {
		scope += "?" + query.Encode()
	}
	return scope
}

// grant is what a token or a signed URL gives access to.
type grant struct {
	query string    // encoded signature for links on a page; "" if it is for one GOP only
	until time.Time // when it expires; zero for never
	all   bool      // access to all videos
}

type grantKey struct{}

// grantOf returns the grant of a request; the zero grant if none is needed.
func grantOf(r *http.Request) grant {
	g, _ := r.Context().Value(grantKey{}).(grant)
	return g
}

// folderLinks returns links to a video's folders; nil if the request gives no access to them.
func (s *server) folderLinks(r *http.Request, name string) []templates.Link {
	g := grantOf(r)
	if !s.config.isOpen() && !g.all {
		return nil
	}
	return folderLinks(params{folder: folderOf(name), signature: g.query})
}

// requireAccess passes on requests with the token or a signature, if the Config requires one.
func (s *server) requireAccess(next http.Handler) http.Handler {
	if s.config.isOpen() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.hasToken(r) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, grant{all: true})))
			return
		}
		if s.config.Token != "" && !r.URL.Query().Has(signatureParam) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="gop"`)
			s.sendProblem(w, r, http.StatusUnauthorized, "a token is required")
			return
		}
		given, err := s.checkSignature(r)
		if err != nil {
			s.sendProblem(w, r, http.StatusForbidden, err.Error())
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, given)))
	})
}

// hasToken reports whether the request has the token. It compares in constant time.
func (s *server) hasToken(r *http.Request) bool {
	if s.config.Token == "" {
		return false
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256([]byte(s.config.Token)), sha256.Sum256([]byte(strings.TrimSpace(given)))
	return hmac.Equal(want[:], got[:]) && strings.EqualFold(scheme, "Bearer")
}

// checkSignature compares a request's signature with those of all keys. The client sees its error.
func (s *server) checkSignature(r *http.Request) (g grant, err error) {
	query := r.URL.Query()
	expires, given := query.Get(expiresParam), query.Get(signatureParam)
	if expires == "" || given == "" {
		return g, errors.New("a signed URL is required; this one lacks expires or signature")
	}
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || len(query[expiresParam]) > 1 || len(query[signatureParam]) > 1 {
		return g, errors.New("the signature is malformed")
	}
	scopes, oneGOP := []string{libraryPath}, ""
	if name, err := videoName(r); err == nil && name != "" {
		scopes = append(scopes, videoPath(name))
		if gop, ok := mux.Vars(r)["gop"]; ok {
			oneGOP = gopScope(name, gop+"."+cmp.Or(mux.Vars(r)["format"], "mp4"), query)
			scopes = append(scopes, oneGOP)
		}
	}
	opened := ""
	for _, scope := range scopes {
		for _, key := range s.config.URLKeys {
			if hmac.Equal([]byte(signature(key, scope, expires)), []byte(given)) {
				opened = scope
			}
		}
	}
	g.until, g.all = time.Unix(seconds, 0), opened == libraryPath
	switch {
	case opened == "":
		return g, errors.New("the signature does not match the URL")
	case !time.Now().Before(g.until):
		return g, errors.New("the URL expired at " + g.until.UTC().Format(time.RFC3339))
	case opened != oneGOP:
		g.query = url.Values{expiresParam: {expires}, signatureParam: {given}}.Encode()
	}
	return g, nil
}
