package av_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// closingFile calls close before it is closed.
type closingFile struct {
	video.File
	close func()
}

func (f closingFile) Close() error {
	f.close()
	return f.File.Close()
}

// Other calls continue while the pool closes a file, which may take long.
func TestPoolClosesWithoutItsLock(t *testing.T) {
	for name, test := range map[string]struct {
		idleTime time.Duration
		remove   func(e *av.Engine, index func(version string) error) error // removes the first file
	}{
		"full": {time.Hour, func(_ *av.Engine, index func(string) error) error { return index("second") }},
		"shed": {time.Hour, func(e *av.Engine, _ func(string) error) error {
			e.Shed()
			return nil
		}},
		"close": {time.Hour, func(e *av.Engine, _ func(string) error) error {
			e.Close()
			return nil
		}},
		"expiry": {time.Millisecond, func(*av.Engine, func(string) error) error { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			config := av.NewDefaultConfig()
			config.IdleDemuxers, config.IdleTime = 1, test.idleTime
			engine := newEngine(t, config)
			v, open := fileAt(t, examplePath)
			index := func(version string) error {
				other := v
				other.Version = version
				_, err := engine.Index(t.Context(), other, 1, open)
				return err
			}
			closing, resume := make(chan struct{}), make(chan struct{})
			_, err := engine.Index(t.Context(), v, 1, func(context.Context) (video.File, error) {
				file, err := open(t.Context())
				return closingFile{file, func() {
					close(closing)
					<-resume
				}}, err
			})
			require.NoError(t, err)
			var calls sync.WaitGroup
			calls.Go(func() { assert.NoError(t, test.remove(engine, index)) })
			<-closing
			done := make(chan error, 1)
			calls.Go(func() { done <- index("third") })
			select {
			case err := <-done:
				assert.NoError(t, err)
			case <-time.After(10 * time.Second):
				t.Error("the pool is locked while it closes a file")
			}
			close(resume)
			calls.Wait()
		})
	}
}
