// Command craft makes test videos that the ffmpeg program cannot write from videos that it can.
//
//	craft insert IN OUT NAME=HEX...   adds boxes to the sample entry of the first video track
//	craft remove IN OUT NAME...       removes boxes from the first video track
//	craft matrix IN OUT A B C D       sets the display matrix of the first track to integers
//	craft open-end IN OUT             sets the size of the last box to 0, to the end of the file
//	craft join FIRST SECOND OUT       appends a video to another in the same track
//	craft add-layer IN OUT            adds the boxes of MV-HEVC to the first video track
//	craft drop-audio IN OUT           removes the samples of the first audio track
//	craft encrypt-audio IN OUT        marks the first audio track as encrypted
//	craft edits IN OUT HANDLER EDIT...  replaces the edit list of a track: see setEdits
//	craft take-slices IN OUT N=KIND...  takes the slices from sync samples: see takeSlices
//	craft flag-keys IN OUT            marks every block of a Matroska video track as a keyframe
//	craft add-parity IN OUT           lengthens the packets of a transport stream to 204 bytes
//	craft strip IN OUT                applies header stripping to a Matroska video track
//	craft early IN OUT                makes the blocks of a Matroska file 50 ms earlier
//	craft compress IN OUT             compresses the frames of a Matroska video track with zlib
//	craft vfw IN OUT FOURCC           makes Matroska video as it comes from AVI: see vfw
//	craft lace IN OUT [FRAMES]        laces the blocks of a Matroska audio track, by default four each
//	craft early-audio IN OUT          puts AAC into PES packets of 16 frames, before the video
//	craft early-split-audio IN OUT    the same, with frames that cross PES packets
//	craft split-frames IN OUT         moves the end of each video frame to the next PES packet
//	craft pair-frames IN OUT          puts video frames into PES packets of two
//	craft stray IN OUT STREAM:N...    sets the times of PES packets ahead; STREAM:N=none removes them
//
// In mp4 files, moov must come after mdat.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/Eyevinn/mp4ff/mp4"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "craft:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("usage: craft COMMAND IN... OUT")
	}
	command, in, out, rest := args[0], args[1], args[2], args[3:]
	switch command {
	case "insert":
		return edit(in, out, func(track *mp4.TrakBox) error { return insert(track, rest) })
	case "remove":
		return edit(in, out, func(track *mp4.TrakBox) error { return remove(track, rest) })
	case "add-layer":
		return edit(in, out, addLayer)
	case "edits":
		if len(rest) < 2 {
			return errors.New("usage: craft edits IN OUT HANDLER EDIT [EDIT]…")
		}
		return setEdits(in, out, rest[0], rest[1:])
	case "take-slices":
		return takeSlices(in, out, rest)
	case "drop-audio":
		return dropAudio(in, out)
	case "encrypt-audio":
		return rewrite(in, out, encryptAudio)
	case "matrix":
		return rewrite(in, out, func(data []byte) ([]byte, error) { return setMatrix(data, rest) })
	case "open-end":
		return rewrite(in, out, openEnd)
	case "flag-keys":
		return rewrite(in, out, flagKeys)
	case "add-parity":
		return rewrite(in, out, addParity)
	case "strip":
		return rewrite(in, out, strip)
	case "early":
		return rewrite(in, out, early)
	case "compress":
		return rewrite(in, out, compress)
	case "vfw":
		if len(rest) != 1 || len(rest[0]) != 4 {
			return errors.New("usage: craft vfw IN OUT FOURCC")
		}
		return rewrite(in, out, func(data []byte) ([]byte, error) { return vfw(data, rest[0]) })
	case "lace":
		frames, err := 4, error(nil)
		if len(rest) > 0 {
			frames, err = strconv.Atoi(rest[0])
		}
		if err != nil || frames < 2 || frames > 256 {
			return errors.New("usage: craft lace IN OUT [FRAMES]")
		}
		return rewrite(in, out, func(data []byte) ([]byte, error) { return lace(data, frames) })
	case "early-audio":
		return rewrite(in, out, editTransport(earlyAudio(0)))
	case "early-split-audio":
		return rewrite(in, out, editTransport(earlyAudio(60)))
	case "split-frames":
		return rewrite(in, out, editTransport(splitFrames))
	case "pair-frames":
		return rewrite(in, out, editTransport(pairFrames))
	case "stray":
		return rewrite(in, out, editTransport(setStray(rest)))
	case "join":
		if len(rest) != 1 {
			return errors.New("usage: craft join FIRST SECOND OUT")
		}
		return join(in, out, rest[0])
	}
	return fmt.Errorf("unknown command %s", command)
}

// rewrite writes change(bytes of in) to out.
func rewrite(in, out string, change func([]byte) ([]byte, error)) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	if data, err = change(data); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, data, 0o644)
}

// edit writes an mp4 to out after change has modified its first video track.
func edit(in, out string, change func(track *mp4.TrakBox) error) error {
	return rewrite(in, out, func(data []byte) ([]byte, error) {
		file, track, err := decode(data)
		if err != nil {
			return nil, err
		}
		if err := change(track); err != nil {
			return nil, err
		}
		var changed bytes.Buffer
		err = file.Encode(&changed)
		return changed.Bytes(), err
	})
}

// decode parses an mp4 and returns its first video track. moov must come after mdat, so that a change of
// moov leaves the sample offsets valid.
func decode(data []byte) (*mp4.File, *mp4.TrakBox, error) {
	file, err := mp4.DecodeFile(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	if file.Moov == nil || file.Mdat == nil || file.Moov.StartPos < file.Mdat.StartPos {
		return nil, nil, errors.New("no moov box after an mdat box")
	}
	for _, track := range file.Moov.Traks {
		if track.Mdia.Hdlr.HandlerType == "vide" {
			return file, track, nil
		}
	}
	return nil, nil, errors.New("no video track")
}
