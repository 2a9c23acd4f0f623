package av

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"gop/video"
)

// index lists the GOPs of the file's primary track.
func (d *demuxer) index(ctx context.Context, v video.Video, cfg Config) (*video.Index, error) {
	tracks, primary, err := d.tracks()
	if err != nil {
		return nil, err
	}
	track := tracks[primary]
	stream := d.streams[track.Index]
	if !mp4Holds(stream.CodecParameters().CodecID()) {
		return nil, video.Refuse(video.Unreadable, "mp4 cannot hold "+track.Codec+" video", nil)
	}
	d.discardAllBut(track.Index)
	defer d.discardNone()
	if err := d.rewind(track.Index); err != nil {
		return nil, err
	}

	// Where the container told all packets when it was opened, their payloads need no reading.
	var known []payload
	if d.container == mov {
		if n := indexEntries(stream); n > cfg.MaxPackets {
			return nil, tooManyPackets(cfg.MaxPackets)
		}
		known = blank(stream)
		defer unblank(stream, known)
	}
	keys := newKeyTypes(stream.CodecParameters())
	groups := grouper{maxPackets: cfg.MaxPackets, maxGOPs: cfg.MaxGOPs, pictureTime: pictureTime(stream)}
	n := 0
	err = readPackets(d.format, track.Index, known == nil, func(packets []packet, key []byte) error {
		for _, p := range packets {
			if p.encrypted {
				return video.Refuse(video.Unreadable, "the video is encrypted", nil)
			}
			if known != nil {
				if n >= len(known) {
					return fmt.Errorf("the index has %d entries, and there are more packets", len(known))
				}
				p.pos, p.size = known[n].pos, known[n].size
				n++
				if p.pos+int64(p.size) > d.source.size {
					continue // cut off
				}
			}
			if err := groups.add(p); err != nil {
				return err
			}
		}
		if key != nil {
			groups.setKeyType(keys.of(bytes.NewReader(key), len(key)))
		}
		return ctx.Err()
	})
	switch {
	case err != nil && (video.KindOf(err) != video.Internal || ctx.Err() != nil):
		return nil, err
	case err != nil && (groups.count == 0 || d.source.err != nil):
		return nil, d.unreadable("the packets cannot be read", err)
	}
	// Any other error stands behind good packets, where the file is damaged or cut off: what is
	// before it can be served.
	gops := groups.done()
	if len(gops) == 0 {
		return nil, video.Refuse(video.Unreadable, "the video has no key packet", nil)
	}
	for i, g := range gops {
		if known != nil {
			payload := io.NewSectionReader(d.file, g.KeyPos, int64(g.KeySize))
			gops[i].KeyType = keys.of(payload, g.KeySize)
		}
		gops[i].Closed = g.Leading == 0 || gops[i].KeyType == video.KeyIDR
	}
	return &video.Index{
		Video: v, Tracks: tracks, Primary: primary,
		GOPs: gops, LeadIn: groups.leadIn, Scanned: known == nil,
	}, nil
}
