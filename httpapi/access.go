package httpapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gop/templates"
)

// grant is the access that a token or a signed URL gives.
type grant struct {
	query string    // encoded signature for links on a page; "" if it is valid for one file only
	until time.Time // when it expires; zero for never
	all   bool      // access to all videos
}

type grantKey struct{}

// grantOf returns the grant of a request; the zero grant if none is needed.
func grantOf(r *http.Request) grant {
	g, _ := r.Context().Value(grantKey{}).(grant)
	return g
}

// breadcrumbs returns links to the folders of a video; nil if the request gives no access to them.
func (s *server) breadcrumbs(r *http.Request, name string) []templates.Link {
	g := grantOf(r)
	if !s.config.isOpen() && !g.all {
		return nil
	}
	return folderLinks(params{folder: folderOf(name), links: linksOf(r)})
}

// requireAccess passes on requests with the token or a signature, if the Config requires one.
func (s *server) requireAccess(next http.Handler) http.Handler {
	if s.config.isOpen() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		granted := grant{all: true}
		if !s.hasToken(r) {
			if s.config.Token != "" && !r.URL.Query().Has(signatureParam) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="gop"`)
				s.sendProblem(w, r, http.StatusUnauthorized, "a token is required")
				return
			}
			var err error
			if granted, err = s.checkSignature(r); err != nil {
				s.sendProblem(w, r, http.StatusForbidden, err.Error())
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), grantKey{}, granted)))
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

// checkSignature returns the grant of a request's signature. The client sees its error.
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
	scopes, file := requestScopes(r)
	scope := s.signedScope(scopes, expires, given)
	g.until, g.all = time.Unix(seconds, 0), scope == libraryPath
	switch {
	case scope == "":
		return g, errors.New("the signature does not match the URL")
	case !time.Now().Before(g.until):
		return g, errors.New("the URL expired at " + g.until.UTC().Format(time.RFC3339))
	case scope != file:
		g.query = url.Values{expiresParam: {expires}, signatureParam: {given}}.Encode()
	}
	return g, nil
}

// requestScopes returns the scopes that include the request: everything, its video, and its file with its
// query. file is the last of these; "" if the route is not that of a file.
func requestScopes(r *http.Request) (scopes []string, file string) {
	scopes = []string{libraryPath}
	name, err := videoName(r)
	if err != nil || name == "" {
		return scopes, ""
	}
	scopes = append(scopes, videoPath(name))
	if file, err = scopeOf(r.URL); err != nil || slices.Contains(scopes, file) {
		return scopes, ""
	}
	return append(scopes, file), file
}

// signedScope returns the scope that one of the keys signed; "" if given is the signature of none. It
// compares with all of them, in constant time.
func (s *server) signedScope(scopes []string, expires, given string) string {
	signed := ""
	for _, scope := range scopes {
		for _, key := range s.config.URLKeys {
			if hmac.Equal([]byte(signature(key, scope, expires)), []byte(given)) {
				signed = scope
			}
		}
	}
	return signed
}
