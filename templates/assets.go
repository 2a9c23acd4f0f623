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

// hashed holds the embedded assets.
var hashed = hashAssets(assetFiles)

// Assets holds all assets by name.
var Assets = func() map[string]Asset {
	assets := map[string]Asset{}
	for _, asset := range hashed.assets {
		assets[asset.Name] = asset
	}
	return assets
}()

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
}

// importStatement matches the end of a static import of a module in the same folder.
var importStatement = regexp.MustCompile(`(?m)^(import |} from |import .* from )"\./([\w-]+\.js)";$`)

// assetHasher names files after hashes of their contents. Its maps are keyed by the names of the files.
type assetHasher struct {
	fsys    fs.FS
	assets  map[string]Asset
	imports map[string][]string // all files that a script imports, directly or indirectly, dependencies first
	stack   []string            // files whose imports are being added
}

// hashAssets names the files of fsys after hashes of their contents. It panics if a script imports a missing
// file, or if scripts import each other in a cycle.
func hashAssets(fsys fs.FS) *assetHasher {
	files, err := fs.Glob(fsys, "*")
	if err != nil {
		panic(err)
	}
	h := &assetHasher{fsys: fsys, assets: map[string]Asset{}, imports: map[string][]string{}}
	for _, file := range files {
		h.add(file)
	}
	return h
}

// add adds a file and all files that it imports. It replaces the names of imported modules by their hashed
// names before it hashes the file, so a change of a module changes the names of all scripts that import it.
func (h *assetHasher) add(file string) {
	if slices.Contains(h.stack, file) {
		panic(fmt.Sprintf("import cycle: %s -> %s", strings.Join(h.stack, " -> "), file))
	}
	if _, done := h.assets[file]; done {
		return
	}
	h.stack = append(h.stack, file)
	data, err := fs.ReadFile(h.fsys, file)
	if err != nil {
		panic(err)
	}
	ext := path.Ext(file)
	if ext == ".js" {
		data = importStatement.ReplaceAllFunc(data, func(statement []byte) []byte {
			match := importStatement.FindSubmatch(statement)
			return fmt.Appendf(nil, `%s"./%s";`, match[1], h.addImport(file, string(match[2])))
		})
	}
	sum := sha256.Sum256(data)
	name := fmt.Sprintf("%s-%s%s", strings.TrimSuffix(file, ext), hex.EncodeToString(sum[:6]), ext)
	h.assets[file] = Asset{name, contentTypes[ext], data}
	h.stack = h.stack[:len(h.stack)-1]
}

// addImport adds a module that file imports, and returns its hashed name.
func (h *assetHasher) addImport(file, module string) string {
	h.add(module)
	for _, dependency := range append(slices.Clone(h.imports[module]), module) {
		if !slices.Contains(h.imports[file], dependency) {
			h.imports[file] = append(h.imports[file], dependency)
		}
	}
	return h.assets[module].Name
}

// Asset returns the URL path of an embedded file.
func (s Site) Asset(file string) (string, error) {
	asset, ok := hashed.assets[file]
	if !ok {
		return "", fmt.Errorf("no asset %s", file)
	}
	return s.Prefix + "/assets/" + asset.Name, nil
}

// Script is a script of a page.
type Script struct {
	Src     string   // its URL path
	Imports []string // the URL paths of all modules that it imports, directly or indirectly
}

// Script returns the embedded script in a file.
func (s Site) Script(file string) (Script, error) {
	src, err := s.Asset(file)
	script := Script{Src: src}
	for _, module := range hashed.imports[file] {
		script.Imports = append(script.Imports, s.Prefix+"/assets/"+hashed.assets[module].Name)
	}
	return script, err
}
