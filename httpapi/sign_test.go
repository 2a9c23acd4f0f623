package httpapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

func TestSignInvalidTargets(t *testing.T) {
	for _, target := range []string{
		"", "x", "/x", "https://gop.example/", "//gop.example/videos/a.mp4/group-of-pictures",
		"/videos/group-of-pictures", "/videos//group-of-pictures", "/videos/a.mp4",
		"/videos/.json", "/a.mp4.json",
		"/videos/a.mp4/group-of-pictures/1.gif", "/openapi.yaml", "/%zz",
	} {
		_, err := httpapi.Sign(newKey, target, time.Now())
		assert.Error(t, err, target)
	}
	_, err := httpapi.Sign(newKey[1:], "/", time.Now())
	assert.EqualError(t, err, "a key for signed URLs must have at least 16 bytes")
}

// docs/operations.md describes the signature. openssl made the expected values.
func TestSignatureFollowsTheDocs(t *testing.T) {
	key := []byte("0123456789abcdef")
	signed, err := httpapi.Sign(key, "/videos/a.mp4/group-of-pictures/1.mp4?leading=0&audio=0",
		time.Unix(1_800_000_000, 0))
	require.NoError(t, err)
	// printf '/videos/a.mp4/group-of-pictures/1.mp4?audio=0&leading=0\n1800000000' |
	//   openssl dgst -sha256 -hmac 0123456789abcdef -binary | basenc --base64url | tr -d =
	assert.Equal(t,
		"/videos/a.mp4/group-of-pictures/1.mp4?audio=0&expires=1800000000&leading=0"+
			"&signature=laUuobK9VCM03qT4-eZRBESSkfeRrqxJ_bGpDT6Ktb8", signed)

	signed, err = httpapi.Sign(key, "/videos/a.mp4/group-of-pictures/1.mp4?gray=1&crop=64:32&fps=30000/1001",
		time.Unix(1_800_000_000, 0))
	require.NoError(t, err)
	// printf '/videos/a.mp4/group-of-pictures/1.mp4?crop=64%%3A32&fps=30000%%2F1001&gray=1\n1800000000' |
	//   openssl dgst -sha256 -hmac 0123456789abcdef -binary | basenc --base64url | tr -d =
	assert.Equal(t,
		"/videos/a.mp4/group-of-pictures/1.mp4?crop=64%3A32&expires=1800000000&fps=30000%2F1001&gray=1"+
			"&signature=1axxvCcZWaPHMdjIopTTBJFGm4e8qvfX_mbL7TgVKx0", signed)
}
