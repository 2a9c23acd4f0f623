package httpapi_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

// openapi.yaml has exactly the parameters of paramTable.
func TestOpenAPIFollowsTheTable(t *testing.T) {
	document := loadOpenAPI(t)
	for path, rows := range map[string][]httpapi.ParamRow{
		"/":           httpapi.ParamRows(httpapi.OnLibrary),
		pagePath:      httpapi.ParamRows(httpapi.OnVideo),
		listingPath:   httpapi.ParamRows(httpapi.OnVideo),
		segmentPath:   httpapi.ParamRows(httpapi.OnSegment),
		thumbnailPath: httpapi.ParamRows(httpapi.OnThumbnail),
	} {
		apiRequest := map[string]*openapi3.Schema{}
		item := document.Paths.Value(path)
		for _, p := range slices.Concat(item.Parameters, item.Get.Parameters) {
			if p.Value.In == "query" {
				apiRequest[p.Value.Name] = p.Value.Schema.Value
			}
		}
		require.Len(t, apiRequest, len(rows), path)
		for _, row := range rows {
			schema, name := apiRequest[row.Name], path+" "+row.Name
			require.NotNil(t, schema, name)
			assert.Equal(t, []string{row.Kind}, schema.Type.Slice(), name)
			assert.Equal(t, row.Enum, enumOf(schema), name)
			if row.Kind != "string" && row.Enum == nil {
				require.NotNil(t, schema.Min, name)
				assert.InDelta(t, row.Min, *schema.Min, 0, name)
			}
			assert.Equal(t, row.Max != 0, schema.Max != nil, name)
			if schema.Max != nil {
				assert.InDelta(t, row.Max, *schema.Max, 0, name)
			}
			assert.Equal(t, row.MultipleOf != 0, schema.MultipleOf != nil, name)
			if schema.MultipleOf != nil {
				assert.InDelta(t, float64(row.MultipleOf), *schema.MultipleOf, 0, name)
			}
		}
	}
}

func enumOf(schema *openapi3.Schema) (values []string) {
	for _, v := range schema.Enum {
		values = append(values, fmt.Sprint(v))
	}
	return values
}

// The server accepts values at the limits of paramTable and refuses values beyond them.
func TestServerFollowsTheTable(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	const gops = "/videos/many.mp4/group-of-pictures"
	for path, rows := range map[string][]httpapi.ParamRow{
		"/":             httpapi.ParamRows(httpapi.OnLibrary),
		gops + ".json":  httpapi.ParamRows(httpapi.OnVideo),
		gops + "/0.mp4": httpapi.ParamRows(httpapi.OnSegment),
		gops + "/0.jpg": httpapi.ParamRows(httpapi.OnThumbnail),
	} {
		for _, row := range rows {
			accepted, refused := samples(row)
			others := ""
			if row.Name == "fit" {
				others = "&width=64&height=32"
			}
			for _, value := range accepted {
				target := path + "?" + row.Name + "=" + value + others
				assert.Equal(t, http.StatusOK, get(t, handler, target).StatusCode, target)
			}
			for _, value := range refused {
				target := path + "?" + row.Name + "=" + value + others
				assert.Equal(t, http.StatusBadRequest, get(t, handler, target).StatusCode, target)
			}
		}
	}
}

// samples returns values that a row accepts, and values just outside its limits.
func samples(row httpapi.ParamRow) (accepted, refused []string) {
	number := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	switch {
	case row.Enum != nil:
		return row.Enum, []string{row.Enum[len(row.Enum)-1] + "1"}
	case row.Kind == "string":
		return nil, nil
	}
	accepted, refused = []string{number(row.Min)}, []string{"", "x", number(row.Min - 1)}
	if row.Max != 0 {
		refused = append(refused, number(row.Max+1))
	}
	return accepted, refused
}

// The form on the page of a video has the edits of paramTable, within its limits.
func TestFormFollowsTheTable(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	_, form, ok := strings.Cut(body(t, get(t, handler, "/videos/many.mp4/group-of-pictures")), `id="filters"`)
	require.True(t, ok)
	controls := map[string][]string{}
	control := regexp.MustCompile(`<(?:input|select)[^>]* name="(\w+)"[^>]*>`)
	for _, match := range control.FindAllStringSubmatch(form, -1) {
		controls[match[1]] = append(controls[match[1]], match[0])
	}
	outside := []string{"video", "audio", "leading", "codec", "stream"} // set elsewhere on the page
	for _, row := range httpapi.ParamRows(httpapi.OnSegment) {
		if slices.Contains(outside, row.Name) {
			assert.NotContains(t, controls, row.Name)
			continue
		}
		require.Contains(t, controls, row.Name)
		for _, control := range controls[row.Name] {
			if row.Name == "quality" { // 0 stands for the default
				continue
			}
			if least, ok := attribute(control, "min"); ok && row.Kind != "string" {
				assert.GreaterOrEqual(t, least, row.Min, control)
			}
			if most, ok := attribute(control, "max"); ok && row.Kind != "string" {
				assert.LessOrEqual(t, most, row.Max, control)
			}
		}
		delete(controls, row.Name)
	}
	assert.Empty(t, controls, "controls that are no parameters")
}

func attribute(control, name string) (float64, bool) {
	match := regexp.MustCompile(" " + name + `="([^"]*)"`).FindStringSubmatch(control)
	if match == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(match[1], 64)
	return n, err == nil
}
