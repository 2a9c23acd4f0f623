package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// Asset is a file that pages refer to. Its name has a hash of what is in it, so that whoever has one need
// never ask again.
type Asset struct {
	Name        string // such as style-1a2b3c4d5e6f.css
	ContentType string
	Data        []byte
}

//go:embed style.css *.js
var assetFiles embed.FS

const script = "text/javascript; charset=utf-8"

// Assets are all of them, by their names.
var Assets = func() map[string]Asset {
	assets := map[string]Asset{}
	for file, contentType := range map[string]string{
		"style.css": "text/css; charset=utf-8",
		"grid.js":   script, "player.js": script, "chart.js": script, "address.js": script,
		"filters.js": script, "crop.js": script, "pictures.js": script, "videos.js": script,
	} {
		data, err := assetFiles.ReadFile(file)
		if err != nil {
			panic(err) // it is embedded
		}
		sum := sha256.Sum256(data)
		kind := path.Ext(file)
		name := fmt.Sprintf("%s-%s%s", strings.TrimSuffix(file, kind), hex.EncodeToString(sum[:6]), kind)
		assets[name] = Asset{name, contentType, data}
	}
	return assets
}()

// assetPath is where the asset that is made of a file is served.
func assetPath(file string) (string, error) {
	kind := path.Ext(file)
	for name := range Assets {
		if strings.HasPrefix(name, strings.TrimSuffix(file, kind)+"-") && path.Ext(name) == kind {
			return "/assets/" + name, nil
		}
	}
	return "", fmt.Errorf("there is no asset %s", file)
}

// assetPaths are where several are served, in their order.
func assetPaths(files ...string) (paths []string, err error) {
	for _, file := range files {
		path, err := assetPath(file)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
