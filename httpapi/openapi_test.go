package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// loadOpenAPI is the document as it is served, checked against the OpenAPI specification.
func loadOpenAPI(t *testing.T) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	require.NoError(t, err)
	require.NoError(t, document.Validate(context.Background()))
	return document
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	document := loadOpenAPI(t)
	require.ElementsMatch(t, []string{
		"/", "/healthz", "/readyz", "/openapi.yaml", "/videos/{name}/group-of-pictures",
		"/videos/{name}/group-of-pictures.json", "/videos/{name}/group-of-pictures/{gop}.mp4",
	}, document.Paths.InMatchingOrder())
}

// The golden listing is what the handler really answers (listing_test.go).
func TestListingIsAsOpenAPIDescribesIt(t *testing.T) {
	document := loadOpenAPI(t)
	golden, err := os.ReadFile("testdata/listing.json")
	require.NoError(t, err)
	response := document.Paths.Value("/videos/{name}/group-of-pictures.json").Get.Responses.Status(http.StatusOK)
	schema := response.Value.Content.Get("application/json").Schema.Value
	require.NoError(t, schema.VisitJSON(decodeJSON(t, golden)))
}

func decodeJSON(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(text, &value))
	return value
}
