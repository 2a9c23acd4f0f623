package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The library gets the address of the client without its port, and of IPv6 the network.
func TestClients(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:1234":               "192.0.2.1",
		"192.0.2.1":                    "192.0.2.1",
		"[::ffff:192.0.2.1]:1234":      "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:1234":  "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff:4:5:6]:80": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":            "fe80::/64",
		"2001:db8:1:3::1":              "2001:db8:1:3::/64",
		"@":                            "@", // a UNIX socket
	} {
		l := newFakeLibrary()
		h, _ := newHandler(t, l)
		r := httptest.NewRequest(http.MethodGet, "/videos/a.mp4/group-of-pictures/0.mp4", nil)
		r.RemoteAddr = address
		h.ServeHTTP(httptest.NewRecorder(), r)
		assert.Equal(t, want, l.lastClient, address)
	}
}
