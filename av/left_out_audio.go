package av

import (
	"errors"

	"github.com/asticode/go-astiav"

	"gop/video"
)

// errEncryptedAudio reports that packets of an audio track are encrypted.
var errEncryptedAudio = errors.New("the audio is encrypted")

// cut reads the GOP that key names, of at most limit bytes. If its audio is encrypted, the cut has none, and
// audioLeftOut says why. If it has no audio packet, the track's example is known afterwards. The caller frees
// the cut.
func (d *demuxer) cut(ix *video.Index, key video.SegmentKey, limit int64) (*cut, error) {
	c, err := d.readGOP(ix, key, limit)
	leftOut := ""
	if errors.Is(err, errEncryptedAudio) {
		leftOut, key.AudioStream = err.Error(), -1
		c, err = d.readGOP(ix, key, limit)
	}
	if err != nil {
		return nil, err
	}
	if d.container.isScanned() && len(c.tracks) > 1 && !c.hasPackets(1) && !d.hasExample(key.AudioStream) {
		// libav opens these files again to read them from the start, which replaces the cut's streams.
		c.free()
		if err := d.findExample(key.AudioStream); err != nil {
			return nil, err
		}
		if c, err = d.readGOP(ix, key, limit); err != nil {
			return nil, err
		}
	}
	c.audioLeftOut = leftOut
	c.trimPCM()
	if err := c.present(); err != nil {
		c.free()
		return nil, err
	}
	return c, nil
}

// startsEncrypted reports whether the first packet of an ISO file's track is encrypted. Other containers
// encrypt tracks as a whole.
func (d *demuxer) startsEncrypted(s *astiav.Stream) (bool, error) {
	if !d.container.is(movContainer) || entryCount(s) == 0 {
		return false, nil
	}
	defer d.discardNone()
	d.discardAllBut(s.Index())
	defer emptyPayloads(s, 1)()
	if err := d.rewind(s.Index()); err != nil {
		return false, err
	}
	p := astiav.AllocPacket()
	if p == nil {
		return false, errNoMemory
	}
	defer p.Free()
	if err := d.format.ReadFrame(p); err != nil {
		return false, d.source.Err()
	}
	d.noteExtradata(p)
	return isEncrypted(p), nil
}
