package av_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gop/av"
	"gop/video"
)

// Packets returns the same packets as ffprobe, but none of the PTS that libav guesses for some frames of a
// container without any.
func TestPacketsMatchFFprobe(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	for _, path := range testVideos(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v, open := fileAt(t, path)
			var got []probedPacket
			tracks, err := engine.Packets(t.Context(), v, -1, open, func(p av.Packet) error {
				if p.Kind == video.VideoTrack {
					got = append(got, asProbed(p))
				}
				return nil
			})
			require.NoError(t, err)
			require.NotEmpty(t, tracks)
			assert.Equal(t, video.VideoTrack, tracks[0].Kind)
			want := cutAll(t, path).source.packets("video")
			require.Len(t, got, len(want))
			extension := filepath.Ext(path)
			isGuess := (extension == ".avi" || extension == ".asf") &&
				slices.ContainsFunc(want, func(p probedPacket) bool { return p.PTS == "" })
			for i, p := range want {
				if isGuess {
					p.PTS = ""
				}
				assert.Equal(t, probedPacket{
					Stream: p.Stream, Kind: p.Kind, PTS: p.PTS, DTS: p.DTS, Flags: p.Flags[:2],
				}, got[i], "packet %d", i)
			}
		})
	}
}

// asProbed returns a packet as ffprobe prints it, with the flags that all versions of ffprobe know.
func asProbed(p av.Packet) probedPacket {
	flags := []byte("__")
	if p.Key {
		flags[0] = 'K'
	}
	if p.Discard {
		flags[1] = 'D'
	}
	probed := probedPacket{Stream: p.Stream, Kind: string(p.Kind), Flags: string(flags)}
	if p.HasPTS {
		probed.PTS = p.PTS.Seconds(p.TimeBase)
	}
	if p.HasDTS {
		probed.DTS = p.DTS.Seconds(p.TimeBase)
	}
	return probed
}

// Packets ends at an error of its visitor and at the end of the context. A file that is no video is an error.
func TestPacketsEnd(t *testing.T) {
	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, filepath.Join("..", "testdata", "h264-aac.mp4"))
	enough := errors.New("enough")
	seen := 0
	_, err := engine.Packets(t.Context(), v, -1, open, func(av.Packet) error {
		seen++
		return enough
	})
	require.ErrorIs(t, err, enough)
	assert.Equal(t, 1, seen)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = engine.Packets(ctx, v, -1, open, func(av.Packet) error { return nil })
	assert.Equal(t, video.Canceled, video.KindOf(err))

	text, open := fileAt(t, filepath.Join("..", "testdata", "broken", "text.mp4"))
	_, err = engine.Packets(t.Context(), text, -1, open, func(av.Packet) error { return nil })
	assert.Equal(t, video.Unreadable, video.KindOf(err))
}

// Packets of one stream are read to the end although a packet of another stream is damaged.
func TestPacketsBesideDamage(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata, "h264-aac.mp4"))
	require.NoError(t, err)
	// The last chunk offset of the audio is past the end of the file.
	at := bytes.LastIndex(data[:bytes.Index(data, []byte("mdat"))], []byte("stco"))
	count := int(binary.BigEndian.Uint32(data[at+8:]))
	require.Greater(t, count, 2)
	binary.BigEndian.PutUint32(data[at+8+4*(count/2):], 1<<30)
	path := filepath.Join(t.TempDir(), "damaged.mp4")
	require.NoError(t, os.WriteFile(path, data, 0o600))

	engine := newEngine(t, av.NewDefaultConfig())
	v, open := fileAt(t, path)
	read := func(stream int) (frames int) {
		_, err = engine.Packets(t.Context(), v, stream, open, func(p av.Packet) error {
			if p.Stream == 0 {
				frames++
			}
			return nil
		})
		require.NoError(t, err)
		return frames
	}
	assert.Equal(t, 75, read(0))
	assert.Less(t, read(-1), 75, "libav takes the damage for the end of the file")
}
