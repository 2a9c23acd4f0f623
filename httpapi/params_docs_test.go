package httpapi_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/httpapi"
)

// The tables of docs/api.md and docs/filters.md have exactly the parameters of paramTable, in its order and
// with its values.
func TestDocsFollowTheTable(t *testing.T) {
	api, filters := parameterTables(t, "../docs/api.md"), parameterTables(t, "../docs/filters.md")
	require.Len(t, api, 7, "the library, tracks, clips, frames, lists, storyboards, and the version")
	require.Len(t, filters, 1)
	onVideo := httpapi.ParamRows(httpapi.OnVideo)
	edits := rowsWithout(httpapi.OnSegment, httpapi.OnVideo)
	checkDocs(t, httpapi.ParamRows(httpapi.OnLibrary), api[0])
	checkDocs(t, onVideo, api[1])
	version := len(edits) - 1
	clip := slices.DeleteFunc(httpapi.ParamRows(httpapi.OnClip), func(row httpapi.ParamRow) bool {
		return !slices.Contains([]string{"from", "to", "cut"}, row.Name)
	})
	checkDocs(t, clip, api[2])
	checkDocs(t, rowsWithout(httpapi.OnFrame, httpapi.OnThumbnail), api[3])
	checkDocs(t, rowsWithout(httpapi.OnFrameList, httpapi.OnThumbnail), api[4])
	sheets := rowsWithout(httpapi.OnContactSheet|httpapi.OnStoryboard, httpapi.OnFrameList)
	checkDocs(t, sheets[:len(sheets)-1], api[5])
	checkDocs(t, edits[version:], api[6])
	checkDocs(t, edits[:version], filters[0])
}

// rowsWithout returns the rows of a route whose names none of the rows of others have.
func rowsWithout(route, others httpapi.RouteSet) []httpapi.ParamRow {
	return slices.DeleteFunc(httpapi.ParamRows(route), func(row httpapi.ParamRow) bool {
		isSame := func(other httpapi.ParamRow) bool { return other.Name == row.Name }
		return slices.ContainsFunc(httpapi.ParamRows(others), isSame)
	})
}

// docRow is a line of a table in the docs that describes one parameter, or several with the same values.
type docRow struct {
	names []string
	text  string // names and values
}

// parameterTables returns the rows of the tables whose first column is called "parameter".
func parameterTables(t *testing.T, file string) (tables [][]docRow) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	inTable := false
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		switch {
		case strings.HasPrefix(line, "| parameter |"):
			inTable = true
			tables = append(tables, nil)
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case inTable && !strings.HasPrefix(line, "|--"):
			row := docRow{text: cells[1] + cells[2]}
			for _, m := range regexp.MustCompile("`(\\w+)=").FindAllStringSubmatch(cells[1], -1) {
				row.names = append(row.names, m[1])
			}
			tables[len(tables)-1] = append(tables[len(tables)-1], row)
		}
	}
	return tables
}

func checkDocs(t *testing.T, want []httpapi.ParamRow, got []docRow) {
	t.Helper()
	var wantNames, gotNames []string
	text := map[string]string{}
	for _, row := range want {
		wantNames = append(wantNames, row.Name)
	}
	for _, row := range got {
		gotNames = append(gotNames, row.names...)
		for _, name := range row.names {
			text[name] = row.text
		}
	}
	assert.Equal(t, wantNames, slices.Compact(gotNames)) // crop has two forms in one row
	for _, row := range want {
		for _, value := range row.Enum {
			isDefaultLeading := row.Name == "leading" && value == "1" // the text describes the default
			if value != "" && !isDefaultLeading {
				assert.Regexp(t, "[`=]"+value+"`", text[row.Name], "%s=%s", row.Name, value)
			}
		}
		if row.Max != 0 {
			limits := fmt.Sprintf(`\b%v to %v\b`, row.Min, row.Max)
			assert.Regexp(t, strings.TrimPrefix(limits, `\b`), text[row.Name], row.Name)
		}
	}
}
