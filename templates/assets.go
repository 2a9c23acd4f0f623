package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Asset is a file that pages refer to. Its name contains a hash of its data, so that clients can cache it
// forever.
type Asset struct {
	Name        string // such as style-1a2b3c4d5e6f.css
	ContentType string
	Data        []byte
}

//go:embed *.css *.js
var assetFiles embed.FS

// Assets holds all assets by name.
var Assets = map[string]Asset{}

// assetOf and importsOf are keyed by the names of the embedded files. importsOf holds the names of all files
// that a script imports, directly or indirectly, dependencies first.
var assetOf, importsOf = hashAssets(assetFiles)

func init() {
	for _, asset := range assetOf {
		Assets[asset.Name] = asset
	}
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
}

// importSpecifier matches the specifier of a static import of a module in the same folder.
var importSpecifier = regexp.MustCompile(`(?m)^(import |} from |import .* from )"\./([\w-]+\.js)";$`)

// hashAssets names the files of fsys after their contents. In each script it replaces the names of imported
// modules by their hashed names, so a change of a module changes the names of all scripts that import it. It
// panics if modules import each other in a cycle.
func hashAssets(fsys fs.FS) (assets map[string]Asset, imports map[string][]string) {
	assets, imports = map[string]Asset{}, map[string][]string{}
	var importing []string // the files that add is working on
	var add func(file string)
	add = func(file string) {
		if slices.Contains(importing, file) {
			panic(fmt.Sprintf("import cycle: %s -> %s", strings.Join(importing, " -> "), file))
		}
		if _, done := assets[file]; done {
			return
		}
		importing = append(importing, file)
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			panic(err)
		}
		ext := path.Ext(file)
		if ext == ".js" {
			data = importSpecifier.ReplaceAllFunc(data, func(statement []byte) []byte {
				match := importSpecifier.FindSubmatch(statement)
				dependency := string(match[2])
				add(dependency)
				for _, module := range append(slices.Clone(imports[dependency]), dependency) {
					if !slices.Contains(imports[file], module) {
						imports[file] = append(imports[file], module)
					}
				}
				return fmt.Appendf(nil, `%s"./%s";`, match[1], assets[dependency].Name)
			})
		}
		sum := sha256.Sum256(data)
		name := fmt.Sprintf("%s-%s%s", strings.TrimSuffix(file, ext), hex.EncodeToString(sum[:6]), ext)
		assets[file] = Asset{name, contentTypes[ext], data}
		importing = importing[:len(importing)-1]
	}
	files, err := fs.Glob(fsys, "*")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		add(file)
	}
	return assets, imports
}

// assetPath returns the URL path of an embedded file.
func assetPath(file string) (string, error) {
	asset, ok := assetOf[file]
	if !ok {
		return "", fmt.Errorf("no asset %s", file)
	}
	return "/assets/" + asset.Name, nil
}

// importPaths returns the URL paths of all modules that a script imports, directly or indirectly.
func importPaths(file string) (paths []string) {
	for _, module := range importsOf[file] {
		paths = append(paths, "/assets/"+assetOf[module].Name)
	}
	return paths
}
