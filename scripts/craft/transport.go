package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Sizes and values of MPEG transport streams (ISO/IEC 13818-1, sections 2.4.3.2 and 2.4.3.7).
const (
	packetBytes = 188
	syncByte    = 0x47
	noTime      = -1
	clockHz     = 90000
)

// transport is a transport stream: the packets of its tables, and its PES packets in file order.
type transport struct {
	tables [][]byte
	pes    []*pesPacket
}

// pesPacket is a PES packet. Its times are noTime if missing.
type pesPacket struct {
	pid      int
	streamID byte
	pts, dts int64
	data     []byte
}

func (p *pesPacket) isVideo() bool { return p.streamID&0xF0 == 0xE0 }

// parseTransport parses a transport stream as ffmpeg writes it.
func parseTransport(data []byte) (*transport, error) {
	t, open := &transport{}, map[int]*pesPacket{}
	for ; len(data) >= packetBytes; data = data[packetBytes:] {
		packet := data[:packetBytes]
		if packet[0] != syncByte {
			return nil, errors.New("no sync byte")
		}
		pid, payload := int(binary.BigEndian.Uint16(packet[1:])&0x1FFF), packet[4:]
		if packet[3]&0x20 != 0 {
			payload = payload[1+payload[0]:]
		}
		switch isStart := packet[1]&0x40 != 0; {
		case isStart && len(payload) > 9 && string(payload[:3]) == "\x00\x00\x01":
			p := &pesPacket{pid: pid, streamID: payload[3], pts: noTime, dts: noTime}
			if payload[7]&0x80 != 0 {
				p.pts = parseTime(payload[9:])
			}
			if payload[7]&0x40 != 0 {
				p.dts = parseTime(payload[14:])
			}
			p.data = slices.Clone(payload[9+payload[8]:])
			open[pid] = p
			t.pes = append(t.pes, p)
		case isStart && len(t.pes) == 0:
			t.tables = append(t.tables, packet)
		case open[pid] != nil:
			open[pid].data = append(open[pid].data, payload...)
		}
	}
	return t, nil
}

// bytes returns the stream, with its tables before every eighth PES packet.
func (t *transport) bytes() []byte {
	var out []byte
	counters := map[int]byte{}
	put := func(pid int, header, payload []byte) (rest []byte) {
		space := packetBytes - 4
		body := append(slices.Clone(header), payload[:min(len(payload), space-len(header))]...)
		packet := []byte{syncByte, byte(pid >> 8), byte(pid), 0x10 | counters[pid]}
		if len(header) > 0 {
			packet[1] |= 0x40
		}
		if stuffing := space - len(body); stuffing > 0 {
			packet[3] |= 0x20
			packet = append(packet, byte(stuffing-1))
			if stuffing > 1 {
				packet = append(packet, 0)
				packet = append(packet, slices.Repeat([]byte{0xFF}, stuffing-2)...)
			}
		}
		counters[pid] = (counters[pid] + 1) & 15
		out = append(append(out, packet...), body...)
		return payload[len(body)-len(header):]
	}
	for i, p := range t.pes {
		for _, table := range t.tables {
			if i%8 == 0 {
				out = append(out, table...)
			}
		}
		for rest := put(p.pid, p.header(), p.data); len(rest) > 0; {
			rest = put(p.pid, nil, rest)
		}
	}
	return out
}

// header returns the header of the PES packet.
func (p *pesPacket) header() []byte {
	var times []byte
	flags := byte(0)
	if p.pts != noTime {
		flags = 0x80
		times = appendTime(times, 2, p.pts)
	}
	if p.pts != noTime && p.dts != noTime {
		flags = 0xC0
		times[0] |= 0x10
		times = appendTime(times, 1, p.dts)
	}
	header := []byte{0, 0, 1, p.streamID, 0, 0, 0x80, flags, byte(len(times))}
	if !p.isVideo() { // that of video may be unbounded
		binary.BigEndian.PutUint16(header[4:], uint16(3+len(times)+len(p.data)))
	}
	return append(header, times...)
}

func parseTime(b []byte) int64 {
	return int64(b[0]&0x0E)<<29 | int64(binary.BigEndian.Uint16(b[1:])>>1)<<15 |
		int64(binary.BigEndian.Uint16(b[3:])>>1)
}

func appendTime(b []byte, prefix byte, time int64) []byte {
	b = append(b, prefix<<4|byte(time>>29)&0x0E|1)
	b = binary.BigEndian.AppendUint16(b, uint16(time>>14)|1)
	return binary.BigEndian.AppendUint16(b, uint16(time<<1)|1)
}

// editTransport returns a change of a file that applies edit to a transport stream.
func editTransport(edit func(*transport) error) func([]byte) ([]byte, error) {
	return func(data []byte) ([]byte, error) {
		t, err := parseTransport(data)
		if err != nil {
			return nil, err
		}
		if err := edit(t); err != nil {
			return nil, err
		}
		return t.bytes(), nil
	}
}

// earlyAudio puts 16 frames of AAC into each PES packet, half a second before the video of that time, as
// Apple's segmenter does. Each packet ends split bytes before the end of its last frame.
func earlyAudio(split int) func(*transport) error {
	return func(t *transport) error {
		const frames, samples, rate = 16, 1024, 48000
		var video, audio []*pesPacket
		var aac []byte
		for _, p := range t.pes {
			if p.isVideo() {
				video = append(video, p)
				continue
			}
			if len(audio) == 0 {
				audio = append(audio, &pesPacket{p.pid, p.streamID, p.pts, noTime, nil})
			}
			aac = append(aac, p.data...)
		}
		for n := 0; len(aac) > 7; n++ {
			size := int(aac[3]&3)<<11 | int(aac[4])<<3 | int(aac[5])>>5
			if size < 7 || size > len(aac) {
				return errors.New("no ADTS header")
			}
			last := audio[len(audio)-1]
			if last.data = append(last.data, aac[:size]...); n%frames == frames-1 && len(aac) > size {
				kept := len(last.data) - split
				next := audio[0].pts + int64(n+1)*samples*clockHz/rate
				audio = append(audio, &pesPacket{
					last.pid, last.streamID, next, noTime, slices.Clone(last.data[kept:]),
				})
				last.data = last.data[:kept]
			}
			aac = aac[size:]
		}
		t.pes = nil
		for _, v := range video {
			for len(audio) > 0 && audio[0].pts < v.pts+clockHz/2 {
				t.pes, audio = append(t.pes, audio[0]), audio[1:]
			}
			t.pes = append(t.pes, v)
		}
		return nil
	}
}

// splitFrames moves the last bytes of each video frame to the start of the next PES packet.
func splitFrames(t *transport) error {
	var tail []byte
	var last *pesPacket
	for _, p := range t.pes {
		if p.isVideo() {
			kept := len(p.data) - min(len(p.data)/2, 60)
			p.data, tail = slices.Concat(tail, p.data[:kept]), p.data[kept:]
			last = p
		}
	}
	if last != nil {
		last.data = append(last.data, tail...)
	}
	return nil
}

// pairFrames puts every two of the first n video frames in a second of 25 into one PES packet.
func pairFrames(t *transport) error {
	const second, n = 25, 16
	var before *pesPacket
	frames := -1
	t.pes = slices.DeleteFunc(t.pes, func(p *pesPacket) bool {
		if !p.isVideo() {
			return false
		}
		if frames++; frames%2 == 1 && frames%second < n && before != nil {
			before.data = append(before.data, p.data...)
			before = nil
			return true
		}
		before = p
		if frames%second == second-1 {
			frames, before = -1, nil
		}
		return false
	})
	return nil
}

// setStray returns an edit that sets the times of the n-th packets of streams, given as STREAM:N with the
// stream v or a, 1538 seconds ahead, or removes them if the time is "none".
func setStray(packets []string) func(*transport) error {
	return func(t *transport) error {
		for _, packet := range packets {
			stream, number, _ := strings.Cut(packet, ":")
			number, isNone := strings.CutSuffix(number, "=none")
			n, err := strconv.Atoi(number)
			if err != nil {
				return err
			}
			isOther := func(p *pesPacket) bool { return p.isVideo() != (stream == "v") }
			of := slices.DeleteFunc(slices.Clone(t.pes), isOther)
			if n >= len(of) {
				return fmt.Errorf("no packet %s", packet)
			}
			for _, time := range []*int64{&of[n].pts, &of[n].dts} {
				switch {
				case isNone:
					*time = noTime
				case *time != noTime:
					*time += 1538 * clockHz
				}
			}
		}
		return nil
	}
}
