package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gop/httpapi"
)

// sign is the command that signs a URL for a server with --url-keys.
type sign struct {
	Path string `arg:"" help:"Path of a GOP with its query, of a video's page (the whole video), or / (all)."`

	BasePath string `env:"GOP_BASE_PATH" help:"Server's base path; the path may start with it."`

	Expires time.Duration `default:"1h" env:"-" help:"Time until the URL expires."`

	URLKeys []string `name:"url-keys" sep:"," env:"GOP_URL_KEYS" help:"Server's keys; the first one signs."`
}

// Run prints the signed path.
func (s sign) Run(to streams) error {
	keys, err := urlKeys(s.URLKeys)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return errors.New("no key to sign with: set GOP_URL_KEYS to the server's keys")
	}
	if s.Expires <= 0 {
		return errors.New("--expires must be positive")
	}
	if err := httpapi.ValidateBasePath(s.BasePath); err != nil {
		return err
	}
	target, _ := httpapi.CutBasePath(s.Path, s.BasePath)
	signed, err := httpapi.Sign(keys[0], target, time.Now().Add(s.Expires))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	_, _ = fmt.Fprintln(to.out, s.BasePath+signed)
	return nil
}

// urlKeys decodes hexadecimal keys. Its error does not contain them.
func urlKeys(texts []string) (keys [][]byte, err error) {
	for i, text := range texts {
		key, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("--url-keys: key %d is not hexadecimal", i+1)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
