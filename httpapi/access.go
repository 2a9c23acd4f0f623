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

// Who may ask for what, where the Config has keys or a token. A signed URL has two parameters: until
// when it is good, in seconds since 1970, and a signature over that and what it opens. A GOP's opens
// that GOP with that query; one of a video's page or listing all of the video; one of "/" everything.
const (
	expiresParameter   = "expires"
	signatureParameter = "signature"
)

// errKey says what a key has to be.
var errKey = errors.New("a key for signed URLs must have 16 bytes or more")

// minKeyBytes is what a key, or a token, has at least: below, it could be guessed.
const minKeyBytes = 16

// maxKeys bounds what a signature is compared with: one key at a time is enough, and two to change it.
const maxKeys = 4

// Sign signs a URL's path and query: it is opened by a handler that has the key, until a time.
func Sign(key []byte, target string, until time.Time) (string, error) {
	if len(key) < minKeyBytes {
		return "", errKey
	}
	u, err := url.Parse(target)
	if err != nil || !strings.HasPrefix(u.Path, "/") || u.Host != "" {
		return "", fmt.Errorf("%q is no path of this server", target)
	}
	scope, err := scopeOf(u)
	if err != nil {
		return "", err
	}
	expires := strconv.FormatInt(until.Unix(), 10)
	query := u.Query()
	query.Set(expiresParameter, expires)
	query.Set(signatureParameter, signature(key, scope, expires))
	return u.EscapedPath() + "?" + query.Encode(), nil
}

// signature is HMAC-SHA256 (RFC 2104) over what is opened and until when, as it is written: one text for
// one signature.
func signature(key []byte, scope, expires string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(scope + "\n" + expires))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// cacheControl says who may keep an answer, and for how long at most: what only some may see no shared
// cache does, and nobody longer than the URL is good.
func (s *server) cacheControl(r *http.Request, age time.Duration) string {
	who := "public"
	if !s.config.isOpen() {
		who = "private"
		if until := grantOf(r).until; !until.IsZero() {
			age = min(age, time.Until(until))
		}
	}
	if seconds := int(age.Seconds()); seconds > 0 {
		return fmt.Sprintf("%s, max-age=%d", who, seconds)
	}
	return who + ", no-cache"
}

const everything = "/"

// scopeOf is what a signature of a URL opens.
func scopeOf(u *url.URL) (string, error) {
	path := u.EscapedPath()
	if path == everything {
		return everything, nil
	}
	at := strings.LastIndex(path, gopsOf)
	escaped, ok := strings.CutPrefix(path[:max(at, 0)], "/videos/")
	name, err := url.PathUnescape(escaped)
	if !ok || err != nil || name == "" {
		return "", fmt.Errorf("%q is neither / nor the address of a video or of a GOP", path)
	}
	switch rest := path[at+len(gopsOf):]; {
	case rest == "" || rest == ".json":
		return videoPath(name), nil
	case slices.Contains([]string{".mp4", ".jpg", ".png"}, path[max(len(path)-4, 0):]) && rest[0] == '/':
		return gopScope(name, rest[1:], u.Query()), nil
	}
	return "", fmt.Errorf("%q is neither / nor the address of a video or of a GOP", path)
}

// gopScope is the path of a GOP's file and what the query says beside the signature, in one order.
func gopScope(name, file string, query url.Values) string {
	scope := videoPath(name) + "/" + file
	query.Del(expiresParameter)
	query.Del(signatureParameter)
	if len(query) > 0 {
		scope += "?" + query.Encode()
	}
	return scope
}

// grant is what the token or a signed URL gives.
type grant struct {
	query string // of a signed URL, opens the rest of the video, too; "" where it is for one GOP alone
	until time.Time
	all   bool // other videos, too
}

type grantKey struct{}

// grantOf is of a request; the zero grant where it needs none.
func grantOf(r *http.Request) grant {
	g, _ := r.Context().Value(grantKey{}).(grant)
	return g
}

// pathTo leads to the folders that a video lies in; nil where they are not to be had by who asks.
func (s *server) pathTo(r *http.Request, name string) []templates.Link {
	g := grantOf(r)
	if !s.config.isOpen() && !g.all {
		return nil
	}
	return view{folder: folderOf(name), grant: g.query}.path()
}

// admitted lets through who has the token or a signed URL, where the Config asks for that.
func (s *server) admitted(next http.Handler) http.Handler {
	if s.config.isOpen() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.hasToken(r) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, grant{all: true})))
			return
		}
		if s.config.Token != "" && !r.URL.Query().Has(signatureParameter) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="gop"`)
			s.problem(w, r, http.StatusUnauthorized, "a token is needed")
			return
		}
		given, err := s.signed(r)
		if err != nil {
			s.problem(w, r, http.StatusForbidden, err.Error())
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, given)))
	})
}

// hasToken compares in a time that does not tell how much was right.
func (s *server) hasToken(r *http.Request) bool {
	if s.config.Token == "" {
		return false
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256([]byte(s.config.Token)), sha256.Sum256([]byte(strings.TrimSpace(given)))
	return hmac.Equal(want[:], got[:]) && strings.EqualFold(scheme, "Bearer")
}

// signed holds a request's signature against all keys. Its error is for the client.
func (s *server) signed(r *http.Request) (g grant, err error) {
	query := r.URL.Query()
	expires, given := query.Get(expiresParameter), query.Get(signatureParameter)
	if expires == "" || given == "" {
		return g, errors.New("a signed URL is needed: this one has no expires and signature")
	}
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || len(query[expiresParameter]) > 1 || len(query[signatureParameter]) > 1 {
		return g, errors.New("the URL is not signed as it should be")
	}
	scopes, oneGOP := []string{everything}, ""
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
	g.until, g.all = time.Unix(seconds, 0), opened == everything
	switch {
	case opened == "":
		return g, errors.New("the URL's signature is not one of this server's for what it asks for")
	case !time.Now().Before(g.until):
		return g, errors.New("the URL was good until " + g.until.UTC().Format(time.RFC3339))
	case opened != oneGOP:
		g.query = url.Values{expiresParameter: {expires}, signatureParameter: {given}}.Encode()
	}
	return g, nil
}
