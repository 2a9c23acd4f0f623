package process

import (
	"context"
	"errors"
	"regexp"
)

var printedAddress = regexp.MustCompile(`(?m)^gop serves .* at http://(\S+)$`)

// StartGOP starts gop serve on a port that is free, and returns its address once it answers there.
// What it writes goes to a file of dir. Stop it after use.
func StartGOP(ctx context.Context, dir string, env []string, program string, args ...string) (s *Server, host string, err error) {
	s, err = Start(dir, env, program, append([]string{"serve", "--addr=127.0.0.1:0"}, args...)...)
	if err != nil {
		return nil, "", err
	}
	err = s.Await(ctx, func(output string) bool {
		found := printedAddress.FindStringSubmatch(output)
		if found == nil {
			return false
		}
		host = found[1]
		return true
	})
	if err != nil {
		return nil, "", errors.Join(err, s.Stop())
	}
	return s, host, nil
}
