package video_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/video"
)

func TestKindOfAndMessage(t *testing.T) {
	gone := video.WrapError(video.NotFound, io.ErrUnexpectedEOF, "there is no such video")
	for name, c := range map[string]struct {
		err     error
		kind    video.Kind
		message string
	}{
		"none":            {nil, video.Internal, ""},
		"any other error": {io.ErrUnexpectedEOF, video.Internal, ""},
		"a kind":          {gone, video.NotFound, "there is no such video"},
		"wrapped": {
			fmt.Errorf("stat: %w", fmt.Errorf("open: %w", gone)), video.NotFound, "there is no such video",
		},
		"joined": {
			errors.Join(io.ErrClosedPipe, gone), video.NotFound, "there is no such video",
		},
		"the outer kind": {
			video.WrapError(video.Unreadable, gone, "it is damaged"), video.Unreadable, "it is damaged",
		},
		"a kind and a context error": {
			video.WrapError(video.Unavailable, context.Canceled, "too much"), video.Unavailable, "too much",
		},
		"a wrapped deadline":     {fmt.Errorf("index: %w", context.DeadlineExceeded), video.Timeout, ""},
		"a wrapped cancellation": {fmt.Errorf("index: %w", context.Canceled), video.Canceled, ""},
		"a changed file": {
			fmt.Errorf("segment: %w", video.ErrChanged),
			video.Unavailable, "the video has changed; try again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.kind, video.KindOf(c.err))
			require.Equal(t, c.message, video.Message(c.err))
		})
	}
}

// Error prints the inner error, and errors.Is finds it.
func TestErrorWrapsItsCause(t *testing.T) {
	err := video.WrapError(video.Unreadable, io.ErrUnexpectedEOF, "it is cut off")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, "it is cut off: unexpected EOF")
	require.EqualError(t, video.Errorf(video.TooLarge, "it is too large"), "it is too large")
}
