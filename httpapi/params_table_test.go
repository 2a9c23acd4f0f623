package httpapi_test

import (
	"fmt"
	"html"
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
	"gop/video/cut"
)

// openapi.yaml has exactly the parameters of paramTable.
func TestOpenAPIFollowsTheTable(t *testing.T) {
	document := loadOpenAPI(t)
	for path, rows := range map[string][]httpapi.ParamRow{
		"/":           httpapi.ParamRows(httpapi.OnLibrary),
		pagePath:      httpapi.ParamRows(httpapi.OnPage),
		listingPath:   httpapi.ParamRows(httpapi.OnListing),
		segmentPath:   httpapi.ParamRows(httpapi.OnSegment),
		clipPath:      httpapi.ParamRows(httpapi.OnClip),
		thumbnailPath: httpapi.ParamRows(httpapi.OnThumbnail),

		framePath:     httpapi.ParamRows(httpapi.OnFrame),
		frameListPath: httpapi.ParamRows(httpapi.OnFrameList),

		storyboardPath:   httpapi.ParamRows(httpapi.OnStoryboard),
		sheetPath:        httpapi.ParamRows(httpapi.OnSheet),
		contactSheetPath: httpapi.ParamRows(httpapi.OnContactSheet),

		descriptionPath: nil,
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

// The server accepts values at the limits of paramTable and refuses values just beyond them.
func TestServerFollowsTheTable(t *testing.T) {
	const gops = "/videos/many.mp4/group-of-pictures"
	for path, c := range map[string]struct {
		rows          []httpapi.ParamRow
		width, height int // pixels of a frame that has room for every size
	}{
		"/":                         {httpapi.ParamRows(httpapi.OnLibrary), 192, 108},
		gops + ".json":              {httpapi.ParamRows(httpapi.OnListing), 192, 108},
		gops + "/0.mp4":             {httpapi.ParamRows(httpapi.OnSegment), cut.MaxSide, cut.MaxSide},
		"/videos/many.mp4/clip.mp4": {httpapi.ParamRows(httpapi.OnClip), cut.MaxSide, cut.MaxSide},
		gops + "/0.jpg":             {httpapi.ParamRows(httpapi.OnThumbnail), 1024, cut.MaxThumbnailHeight},

		"/videos/many.mp4/frame.jpg":   {httpapi.ParamRows(httpapi.OnFrame), 1024, cut.MaxThumbnailHeight},
		"/videos/many.mp4/frames.json": {httpapi.ParamRows(httpapi.OnFrameList), 192, 108},

		"/videos/many.mp4/storyboard.vtt":   {httpapi.ParamRows(httpapi.OnStoryboard), 1920, 1080},
		"/videos/many.mp4/storyboard/0.jpg": {httpapi.ParamRows(httpapi.OnSheet), 1920, 1080},
		"/videos/many.mp4/contact.jpg":      {httpapi.ParamRows(httpapi.OnContactSheet), 1920, 1080},
	} {
		s := newMultiTrackLibrary()
		track := &s.indexes["many.mp4"].Tracks[0]
		track.Width, track.Height = c.width, c.height
		handler, _ := newHandler(t, s)
		for _, row := range c.rows {
			accepted, refused := samples(row)
			require.NotEmpty(t, accepted, row.Name)
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
		return row.Enum, []string{"x", row.Enum[len(row.Enum)-1] + "1"}
	case row.Name == "folder":
		return []string{"", "deep/er"}, []string{".", "..", "deep/../deep", "/deep", "deep/"}
	case row.Name == "from":
		return []string{"0", "0.000001", "00:01", "0:00:00.5"}, []string{"", "-1", "0.0000001", "0:60", "1e3"}
	case row.Name == "to", row.Name == "at":
		return []string{"1", "999999999.999999"}, []string{"", "x", "1000000000"}
	case row.Name == "search", row.Name == "v":
		return []string{"", "a", "%26"}, nil // any text
	case row.Name == "t":
		return []string{"1", "1.5", "0:01.000001", "0:00:01"}, []string{"", "-1", "1.", "0:60", "0:00:00:01"}
	case row.Name == "n":
		return []string{"0", "49"}, []string{"", "x", "-1"}
	case row.Name == "crop":
		return []string{"16:16", "1024:4096", "16:16:2:4"},
			[]string{"", "14:16", "16:14", "17:16", "16:16:1:0"}
	case row.Name == "fps":
		return []string{"1", "120", "30000/1001"}, []string{"", "0.999", "120.001", "1000/1003"}
	}
	step := max(float64(row.MultipleOf), 1)
	if row.Kind == "number" {
		step = 0.001
	}
	accepted, refused = []string{number(row.Min)}, []string{"", "x", number(row.Min - step)}
	if row.Max != 0 {
		accepted, refused = append(accepted, number(row.Max)), append(refused, number(row.Max+step))
	}
	if row.MultipleOf != 0 {
		refused = append(refused, number(row.Min+1))
	}
	return accepted, refused
}

// The form on the page of a video has the edits of paramTable, within its limits.
func TestFormFollowsTheTable(t *testing.T) {
	handler, _ := newHandler(t, newMultiTrackLibrary())
	_, form, ok := strings.Cut(body(t, get(t, handler, "/videos/many.mp4/group-of-pictures")), `id="filters"`)
	require.True(t, ok)
	controls := map[string][]string{}
	control := regexp.MustCompile(`(?s)<input[^>]* name="(\w+)"[^>]*>|<select[^>]* name="(\w+)".*?</select>`)
	for _, match := range control.FindAllStringSubmatch(form, -1) {
		name := match[1] + match[2]
		controls[name] = append(controls[name], match[0])
	}
	outside := []string{"video", "audio", "leading", "metadata", "codec", "stream", "v"} // set elsewhere
	for _, row := range httpapi.ParamRows(httpapi.OnSegment) {
		if slices.Contains(outside, row.Name) {
			assert.NotContains(t, controls, row.Name)
			continue
		}
		require.Contains(t, controls, row.Name)
		for _, control := range controls[row.Name] {
			checkControl(t, row, control)
		}
		delete(controls, row.Name)
	}
	assert.Empty(t, controls, "controls that are no parameters")
}

// checkControl compares a control of the form with a row.
func checkControl(t *testing.T, row httpapi.ParamRow, control string) {
	t.Helper()
	switch {
	case strings.HasPrefix(control, "<select"):
		var values []string
		option := regexp.MustCompile(`<option value="(\w*)">([^<]*)`)
		for _, match := range option.FindAllStringSubmatch(control, -1) {
			switch {
			case match[1] != "":
				values = append(values, match[1])
			case slices.Contains(row.Enum, match[2]): // the default adds no parameter
				values = append(values, match[2])
			}
		}
		assert.Equal(t, row.Enum, values, control)
	case row.Enum != nil:
		assert.Contains(t, control, `type="checkbox" value="1"`)
		assert.Contains(t, row.Enum, "1")
	case row.Name == "fps":
		pattern := regexp.MustCompile(` pattern="([^"]*)"`).FindStringSubmatch(control)
		require.NotNil(t, pattern, control)
		accepted, _ := samples(row)
		for _, value := range accepted {
			assert.Regexp(t, "^(?:"+html.UnescapeString(pattern[1])+")$", value)
		}
	case row.Name == "crop":
		assert.Contains(t, []float64{0, cut.MinSide}, attribute(t, control, "min"), control)
		assert.InDelta(t, 2, attribute(t, control, "step"), 0, control)
	default:
		least := row.Min
		if row.Name == "quality" {
			least = 0 // the default
		}
		assert.GreaterOrEqual(t, attribute(t, control, "min"), least, control)
		assert.LessOrEqual(t, attribute(t, control, "max"), row.Max, control)
		if row.MultipleOf != 0 {
			assert.InDelta(t, row.MultipleOf, attribute(t, control, "step"), 0, control)
		}
	}
}

// attribute returns the number that is the value of an attribute of a control.
func attribute(t *testing.T, control, name string) float64 {
	t.Helper()
	match := regexp.MustCompile(" " + name + `="([^"]*)"`).FindStringSubmatch(control)
	require.NotNil(t, match, "%s has no %s", control, name)
	n, err := strconv.ParseFloat(match[1], 64)
	require.NoError(t, err, control)
	return n
}
