package av

import (
	"context"
	"fmt"

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
		known = blank(stream)
		defer unblank(stream, known)
	}
	groups := grouper{maxPackets: cfg.MaxPackets, maxGOPs: cfg.MaxGOPs, pictureTime: pictureTime(stream)}
	n := 0
	encrypted, err := readPackets(d.format, track.Index, func(packets []packet) error {
		for _, p := range packets {
			if known != nil {
				if n >= len(known) {
					return fmt.Errorf("the index has %d entries, and there are more packets", len(known))
				}
				p.pos, p.size = known[n].pos, known[n].size
				if p.pos+int64(p.size) > d.source.size {
					continue // cut off
				}
			}
			n++
			if err := groups.add(p); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	switch {
	case encrypted:
		return nil, video.Refuse(video.Unreadable, "the video is encrypted", nil)
	case video.KindOf(err) != video.Internal || ctx.Err() != nil:
		return nil, err
	case err != nil && groups.count == 0:
		return nil, d.unreadable("the packets cannot be read", err)
	}
	// An error behind good packets is where the file is damaged or cut off: what is before it
	// can be served.
	gops := groups.done()
	if len(gops) == 0 {
		return nil, video.Refuse(video.Unreadable, "the video has no key packet", nil)
	}
	keys := newKeyTypes(d.file, stream.CodecParameters())
	for i := range gops {
		gops[i].KeyType = keys.of(gops[i])
		gops[i].Closed = gops[i].Leading == 0 || gops[i].KeyType == video.KeyIDR
	}
	return &video.Index{
		Video: v, Tracks: tracks, Primary: primary,
		GOPs: gops, LeadIn: groups.leadIn, Scanned: known == nil,
	}, nil
}
