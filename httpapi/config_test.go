package httpapi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gop/httpapi"
)

func TestValidateReportsEveryInvalidField(t *testing.T) {
	err := httpapi.Config{MaxAge: -1}.Validate()
	for _, want := range []string{
		"--max-age", "--max-connections", "--request-timeout", "--write-timeout", "--idle-timeout", "Build",
		"LibraryTime", "RetryAfter", "HeaderTimeout", "MaxHeaderBytes", "MaxURLBytes", "BodyCacheBytes",
		"BodyCacheExpiry",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestValidateAccessControl(t *testing.T) {
	config := httpapi.NewDefaultConfig()
	config.URLKeys, config.Token = [][]byte{newKey, newKey[1:]}, "short"
	assert.ErrorContains(t, config.Validate(), "at least 16 bytes")
	assert.ErrorContains(t, config.Validate(), "--token must have at least 16 characters")
	for _, bad := range []string{
		"a token with some spaces", "a-tökën-of-no-ASCII", "a-token-with-a-\x00-byte",
	} {
		config.Token = bad
		assert.ErrorContains(t, config.Validate(), "without spaces")
	}
	config.URLKeys, config.Token = [][]byte{newKey, newKey, newKey, newKey, newKey}, ""
	assert.EqualError(t, config.Validate(), "--url-keys must have at most 4 keys")
	config.URLKeys = nil
	for _, good := range [][]string{
		nil,
		{"*"},
		{"https://a.example"},
		{"http://127.0.0.1:8080", "https://b.example:444"},
	} {
		config.CORSOrigins = good
		assert.NoError(t, config.Validate(), good)
	}
	for _, bad := range [][]string{
		{""},
		{"a.example"},
		{"https://a.example/"},
		{"https://*.a.example"},
		{"*", "https://a.example"},
		{"null"},
		{"ftp://a.example"},
		{"https://A.example"},
	} {
		config.CORSOrigins = bad
		assert.ErrorContains(t, config.Validate(), "--cors-origins must be", bad)
	}
}
