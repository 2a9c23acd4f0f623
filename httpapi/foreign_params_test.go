package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

// foreignQueries have parameters that every route ignores.
var foreignQueries = []string{
	"utm_source=news", "utm_campaign=50%off", "utm_=", "utm_source", "utm%5Fmedium=a&utm_medium=b",
	"utm_a=1;2", "utm_%zz=1", "fbclid=IwAR0", "fbclid=1&fbclid=2", "gclid=", "_=1767323045000", "_", "%5f=1",
	"CMCD=bl%3D21300%2Ccid%3D%22a%26b%22%2Csu", "CMCD&utm_source=x&fbclid=y&_=z&gclid=%ZZ",
}

// A foreign parameter changes neither the response nor what is asked of the library.
func TestForeignParamsAreIgnored(t *testing.T) {
	library := newMultiTrackLibrary()
	handler, _ := newHandler(t, library)
	const many = "/videos/many.mp4/group-of-pictures"
	for _, target := range []string{
		"/", "/?folder=deep/er&sort=newest", many, many + "?video=2&audio=2", many + ".json",
		many + ".json?audio=0", "/videos/many.mp4.json", many + "/1.mp4", many + "/1.mp4?leading=0&gray=1",
		many + "/0.jpg", many + "/0.png?width=64", "/healthz", "/openapi.yaml",
	} {
		want := get(t, handler, target)
		wantBody, wantCut, wantImage := body(t, want), library.lastCut, library.lastImage
		require.Equal(t, http.StatusOK, want.StatusCode, target)
		for _, foreign := range foreignQueries {
			path, query, _ := strings.Cut(target, "?")
			for _, with := range []string{foreign + "&" + query, query + "&" + foreign} {
				name := path + "?" + strings.Trim(with, "&")
				got := get(t, handler, name)
				require.Equal(t, http.StatusOK, got.StatusCode, name)
				assert.Equal(t, want.Header.Get("ETag"), got.Header.Get("ETag"), name)
				assert.Equal(t, wantBody, body(t, got), name)
				assert.Equal(t, wantCut, library.lastCut, name)
				assert.Equal(t, wantImage, library.lastImage, name)
			}
		}
	}
}

func TestOtherParamsAreUnknown(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for _, query := range []string{
		"utm=1", "UTM_source=1", "xutm_source=1", "fbclid2=1", "Gclid=1", "__=1", "cmcd=1", "=1",
		"utm_a=1;x&b=2", "CMCD-Request=1", "_ =1",
	} {
		for _, target := range []string{"/", gopsPath, gopsPath + ".json", gopPath, gopsPath + "/0.jpg"} {
			resp := get(t, handler, target+"?"+strings.ReplaceAll(query, " ", "%20"))
			assert.Equal(t, http.StatusBadRequest, resp.StatusCode, "%s?%s", target, query)
		}
	}
	// The message does not name a foreign parameter.
	text := body(t, get(t, handler, gopPath+"?utm_source=x&speed=2"))
	assert.Contains(t, text, `unknown parameter \"speed\"`)
}

func TestRedirectsHaveNoForeignParams(t *testing.T) {
	handler, _ := newHandler(t, newFakeLibrary())
	for target, want := range map[string]string{
		"/videos/a.mp4?utm_source=x":               gopsPath,
		"/videos/a.mp4?utm_source=x&audio=0&_=1":   gopsPath + "?audio=0",
		gopsPath + "/?fbclid=x":                    gopsPath,
		gopsPath + ".json/?video=1&CMCD&CMCD=bs":   gopsPath + ".json?video=1",
		"/videos/a.mp4?metadata=1&utm_content=%zz": gopsPath + "?metadata=1",
	} {
		assert.Equal(t, want, get(t, handler, target).Header.Get("Location"), target)
	}
}

// A signature does not cover foreign parameters, and links on a signed page do not have them.
func TestForeignParamsNeedNoSignature(t *testing.T) {
	handler, _ := newRestrictedHandler(t, withKeys)
	hour := time.Now().Add(time.Hour)
	for _, target := range []string{gopPath, gopPath + "?audio=0&gray=1", gopsPath, gopsPath + ".json", "/"} {
		signed := signedURL(t, newKey, target, hour)
		for _, foreign := range foreignQueries {
			resp := get(t, handler, signed+"&"+foreign)
			assert.Equal(t, http.StatusOK, resp.StatusCode, "%s&%s", signed, foreign)
			assert.NotContains(t, body(t, resp), "utm_", foreign)
		}
		assert.Equal(t, http.StatusForbidden, get(t, handler, signed+"&utm=1&expires=1").StatusCode)
	}
	assert.Equal(t, signedURL(t, newKey, gopPath+"?audio=0", hour),
		signedURL(t, newKey, gopPath+"?utm_source=x&audio=0&_=1", hour))
	_, err := httpapi.Sign(newKey, gopPath+"?utm_source=%zz", hour)
	assert.NoError(t, err)
}
