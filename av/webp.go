package av

import (
	"errors"
	"fmt"
	"image"

	"github.com/asticode/go-astiav"

	"gop/internal/thumbnail"
	"gop/video"
)

// encodeImage returns an image file of p in the given format.
func encodeImage(p *image.RGBA, format video.ImageFormat) ([]byte, error) {
	if format != video.WebP {
		return thumbnail.Encode(p, format)
	}
	data, err := encodeWebP(p)
	if err != nil {
		return nil, fmt.Errorf("encode the image: %w", err)
	}
	return data, nil
}

// webpQuality gives thumbnails of 320 pixels two thirds of the bytes of a JPEG that looks the same.
const webpQuality = "75"

// encodeWebP encodes an opaque image as a lossy WebP file. Go's packages have no encoder for this format.
//
// https://ffmpeg.org/ffmpeg-codecs.html#libwebp
func encodeWebP(p *image.RGBA) (_ []byte, err error) {
	codec := astiav.FindEncoderByName("libwebp")
	if codec == nil {
		return nil, errors.New("this build has no libwebp")
	}
	encoder := astiav.AllocCodecContext(codec)
	if encoder == nil {
		return nil, errNoMemory
	}
	defer encoder.Free()
	w, h := p.Rect.Dx(), p.Rect.Dy()
	encoder.SetWidth(w)
	encoder.SetHeight(h)
	encoder.SetPixelFormat(astiav.PixelFormatBgra)
	encoder.SetTimeBase(astiav.NewRational(1, 1))
	options, err := newOptions(map[string]string{"quality": webpQuality})
	if err != nil {
		return nil, err
	}
	defer options.Free()
	if err := encoder.Open(codec, options); err != nil {
		return nil, fmt.Errorf("open the encoder: %w", err)
	}
	f := astiav.AllocFrame()
	if f == nil {
		return nil, errNoMemory
	}
	defer f.Free()
	f.SetWidth(w)
	f.SetHeight(h)
	f.SetPixelFormat(astiav.PixelFormatBgra)
	if err := f.AllocBuffer(0); err != nil {
		return nil, err
	}
	if err := f.Data().SetBytes(bgra(p), 1); err != nil {
		return nil, err
	}
	if err := encoder.SendFrame(f); err != nil {
		return nil, err
	}
	packet := astiav.AllocPacket()
	if packet == nil {
		return nil, errNoMemory
	}
	defer packet.Free()
	if err := encoder.ReceivePacket(packet); err != nil {
		return nil, err
	}
	return packet.Data(), nil
}

// bgra returns the samples of an image in the order that the encoder needs, without padding.
func bgra(p *image.RGBA) []byte {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	samples := make([]byte, 0, 4*w*h)
	for y := range h {
		row := p.Pix[y*p.Stride:][:4*w]
		for x := 0; x < len(row); x += 4 {
			samples = append(samples, row[x+2], row[x+1], row[x], row[x+3])
		}
	}
	return samples
}
