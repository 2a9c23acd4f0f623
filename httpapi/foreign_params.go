package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// foreignParams are parameters that programs between a link and this server add to its URLs: campaign
// trackers, scripts that avoid caches, and players that send Common Media Client Data (CTA-5004).
var foreignParams = []string{"fbclid", "gclid", "_", "CMCD"}

// foreignPrefix starts the names of the other foreign parameters.
const foreignPrefix = "utm_"

// ignoreForeignParams removes the foreign parameters from the URL of each request, so that parameters,
// signatures, redirects and links do not depend on them.
func ignoreForeignParams(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if own := withoutForeignParams(r.URL.RawQuery); own != r.URL.RawQuery {
			target := *r.URL
			target.RawQuery = own
			clean := *r
			clean.URL = &target
			r = &clean
		}
		next.ServeHTTP(w, r)
	})
}

// withoutForeignParams returns a query without its foreign parameters, which may be repeated, empty or
// escaped incorrectly.
func withoutForeignParams(rawQuery string) string {
	if rawQuery == "" {
		return ""
	}
	return strings.Join(slices.DeleteFunc(strings.Split(rawQuery, "&"), isForeignParam), "&")
}

// isForeignParam reports whether a part of a query, NAME=VALUE or NAME, is a foreign parameter.
func isForeignParam(part string) bool {
	escaped, _, _ := strings.Cut(part, "=")
	name, err := url.QueryUnescape(escaped)
	if err != nil {
		name = escaped
	}
	return slices.Contains(foreignParams, name) || strings.HasPrefix(name, foreignPrefix)
}
