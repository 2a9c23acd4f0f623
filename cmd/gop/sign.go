package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gop/httpapi"
)

// sign is the command that signs a URL, as a program in front of gop does.
type sign struct {
	Path    string        `arg:"" help:"What to open: a GOP's path with its query, a video's page or listing (for all of that video), or / for everything."`
	Expires time.Duration `default:"1h" env:"-" help:"For how long."`
	URLKeys []string      `name:"url-keys" sep:"," env:"GOP_URL_KEYS" help:"The server's keys; the first one signs."`
}

// Run prints the signed path.
func (s sign) Run(to streams) error {
	keys, err := urlKeys(s.URLKeys)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return errors.New("there is no key to sign with; GOP_URL_KEYS has the server's")
	}
	if s.Expires <= 0 {
		return errors.New("the time that the URL is good must be positive")
	}
	signed, err := httpapi.Sign(keys[0], s.Path, time.Now().Add(s.Expires))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	_, _ = fmt.Fprintln(to.out, signed)
	return nil
}

// urlKeys reads keys that are written in hexadecimal. Its error does not tell them.
func urlKeys(texts []string) (keys [][]byte, err error) {
	for i, text := range texts {
		key, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("key %d for signed URLs is not in hexadecimal", i+1)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
