package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// site is where clients find the server, which may be behind proxies.
type site struct {
	origin string // scheme and host, such as https://videos.example; "" if unknown
	prefix string // path before that of each route, such as /gop; "" for none
}

type siteKey struct{}

// siteOf returns the site of a request.
func siteOf(r *http.Request) site {
	at, _ := r.Context().Value(siteKey{}).(site)
	return at
}

// links is what all links in a response have in common. They are paths, so they never lead to another host.
type links struct {
	prefix    string // like site's
	signature string // encoded expires and signature; "" for none
}

// linksOf returns the links in the response to a request.
func linksOf(r *http.Request) links { return links{siteOf(r).prefix, grantOf(r).query} }

// Headers in which a proxy describes the request that it received.
const (
	forwardedForHeader    = "X-Forwarded-For"
	forwardedHostHeader   = "X-Forwarded-Host"
	forwardedPrefixHeader = "X-Forwarded-Prefix"
	forwardedProtoHeader  = "X-Forwarded-Proto"
)

// findSite passes on requests with their site, and without the base path, if their path starts with it. The
// prefix of the site is that of a trusted proxy, otherwise the base path.
func (s *server) findSite(next http.Handler) http.Handler {
	if s.config.BasePath == "" && len(s.proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := site{prefix: s.config.BasePath}
		if peer, ok := parseAddress(r.RemoteAddr); ok && s.isProxy(peer) {
			at.origin = forwardedOrigin(r.Header)
			given := lastValue(r.Header, forwardedPrefixHeader)
			if prefix := strings.TrimSuffix(given, "/"); isPrefix(prefix) || given == "/" {
				at.prefix = prefix
			}
		}
		r = r.WithContext(context.WithValue(r.Context(), siteKey{}, at))
		if rest, ok := CutBasePath(r.URL.EscapedPath(), s.config.BasePath); ok {
			stripped := *r.URL
			stripped.RawPath = rest
			stripped.Path, _ = url.PathUnescape(rest) // cannot fail: net/url has parsed the path
			r.URL = &stripped
		}
		next.ServeHTTP(w, r)
	})
}

// varyBySite adds to Vary the headers on which the links in a response depend.
func (s *server) varyBySite(w http.ResponseWriter, headers ...string) {
	if len(s.proxies) > 0 {
		addVary(w, append(headers, forwardedPrefixHeader)...)
	}
}

// CutBasePath removes a base path from the start of a target, a path with an optional query. It reports
// whether the target starts with it. The root is "/".
func CutBasePath(target, basePath string) (rest string, found bool) {
	rest, found = strings.CutPrefix(target, basePath)
	switch {
	case !found || basePath == "" || rest != "" && rest[0] != '/' && rest[0] != '?':
		return target, false
	case strings.HasPrefix(rest, "/"):
		return rest, true
	}
	return "/" + rest, true
}

// ValidateBasePath fails if a base path is not a clean path of unreserved characters. Without one, the server
// is at the root of its host.
func ValidateBasePath(basePath string) error {
	if basePath != "" && !isPrefix(basePath) {
		return fmt.Errorf("--base-path must be a path like /gop with at most %d letters, digits and -._~, "+
			"not %q", maxPrefixBytes, basePath)
	}
	return nil
}

// maxPrefixBytes limits the length of a prefix, which is part of every link.
const maxPrefixBytes = 128

// prefixPattern matches segments of unreserved characters (RFC 3986, section 2.3), so a prefix needs no
// escaping anywhere, and neither starts with a host nor contains control characters.
var prefixPattern = regexp.MustCompile(`^(?:/[A-Za-z0-9._~-]+)+$`)

// isPrefix reports whether links may start with a path.
func isPrefix(text string) bool {
	return len(text) <= maxPrefixBytes && prefixPattern.MatchString(text) && path.Clean(text) == text
}

// hostPattern matches a name or an address, with an optional port.
var hostPattern = regexp.MustCompile(`^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)

// forwardedOrigin returns the scheme and host of the request that a proxy received; "" if they are unknown.
func forwardedOrigin(h http.Header) string {
	scheme := strings.ToLower(lastValue(h, forwardedProtoHeader))
	host := lastValue(h, forwardedHostHeader)
	if scheme != "http" && scheme != "https" || !hostPattern.MatchString(host) {
		return ""
	}
	return scheme + "://" + strings.ToLower(host)
}

// lastValue returns the last value of a header, which the nearest proxy has added.
func lastValue(h http.Header, name string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// clientOf returns the address of the client: the last one in X-Forwarded-For that is not a trusted proxy's,
// as long as trusted proxies have passed the request on. That of the peer has its port.
func (s *server) clientOf(r *http.Request) string {
	client := r.RemoteAddr
	if len(s.proxies) == 0 {
		return client
	}
	hops := strings.Join(r.Header.Values(forwardedForHeader), ",")
	address, ok := parseAddress(client)
	for ok && s.isProxy(address) && hops != "" {
		comma := max(strings.LastIndexByte(hops, ','), 0)
		if address, ok = parseAddress(strings.Trim(hops[comma:], ", \t")); ok {
			client = address.String()
		}
		hops = hops[:comma]
	}
	return client
}

// parseAddress parses an IP address with an optional port.
func parseAddress(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		address = withPort.Addr()
	}
	return address.Unmap().WithZone(""), true
}

// isProxy reports whether an address is that of a trusted proxy.
func (s *server) isProxy(address netip.Addr) bool {
	for _, network := range s.proxies {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// parseProxies parses the addresses and networks of trusted proxies.
func parseProxies(texts []string) (networks []netip.Prefix, err error) {
	for _, text := range texts {
		network, invalid := netip.ParsePrefix(text)
		if address, is := netip.ParseAddr(text); is == nil {
			network, invalid = address.Unmap().Prefix(address.Unmap().BitLen())
		}
		if invalid != nil {
			err = errors.Join(err, fmt.Errorf("--trusted-proxies must be addresses or networks like "+
				"127.0.0.1 and 10.0.0.0/8, not %q", text))
			continue
		}
		networks = append(networks, network)
	}
	return networks, err
}
