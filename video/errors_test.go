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

func TestKindAndReason(t *testing.T) {
	gone := video.WrapError(video.NotFound, io.ErrUnexpectedEOF, "there is no such video")
	for name, c := range map[string]struct {
		err    error
		kind   video.Kind
		reason string
	}{
		"none":                      {nil, video.Internal, ""},
		"any other error":           {io.ErrUnexpectedEOF, video.Internal, ""},
		"one with a kind":           {gone, video.NotFound, "there is no such video"},
		"wrapped":                   {fmt.Errorf("stat: %w", fmt.Errorf("open: %w", gone)), video.NotFound, "there is no such video"},
		"joined":                    {errors.Join(io.ErrClosedPipe, gone), video.NotFound, "there is no such video"},
		"the outer kind wins":       {video.WrapError(video.Unreadable, gone, "it is damaged"), video.Unreadable, "it is damaged"},
		"a kind wins over context":  {video.WrapError(video.Unavailable, context.Canceled, "too much"), video.Unavailable, "too much"},
		"a wrapped deadline":        {fmt.Errorf("index: %w", context.DeadlineExceeded), video.Timeout, ""},
		"a wrapped cancellation":    {fmt.Errorf("index: %w", context.Canceled), video.Canceled, ""},
		"a change under one's feet": {fmt.Errorf("cut: %w", video.ErrChanged), video.Unavailable, "the video has changed; try again"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.kind, video.KindOf(c.err))
			require.Equal(t, c.reason, video.Message(c.err))
		})
	}
}

// The log gets the inner error, and errors.Is finds it; a reason alone is printed as it is.
func TestErrorWrapsItsCause(t *testing.T) {
	err := video.WrapError(video.Unreadable, io.ErrUnexpectedEOF, "it is cut off")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, "it is cut off: unexpected EOF")
	require.EqualError(t, video.Errorf(video.TooLarge, "it is too large"), "it is too large")
}
