package process

import (
	"context"
	"errors"
	"regexp"
)

var printedAddress = regexp.MustCompile(`(?m)^gop serves .* at http://(\S+)$`)

// StartGOP runs "gop serve" on a free port and returns its host:port once it listens. Its output goes to a
// file in dir. env is added to the environment. The server keeps no indexes, unless env or args set
// --state-dir. The caller stops the server.
func StartGOP(
	ctx context.Context, dir string, env []string, program string, args ...string,
) (s *Server, host string, err error) {
	env = append([]string{"GOP_STATE_DIR="}, env...)
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
