package av

import (
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIsExample(t *testing.T) {
	p := astiav.AllocCodecParameters()
	require.NotNil(t, p)
	defer p.Free()
	p.SetCodecID(astiav.CodecIDAc3)
	assert.False(t, isExample(p, nil))
	assert.True(t, isExample(p, make([]byte, maxExample)))
	assert.False(t, isExample(p, make([]byte, maxExample+1)), "no frame is as large")
	p.SetCodecID(astiav.CodecIDTruehd)
	sync := append([]byte("\x00\x00\x00\x00\xF8\x72\x6F\xBA"), make([]byte, 12)...)
	assert.True(t, isExample(p, sync))
	assert.False(t, isExample(p, sync[:19]), "cut off")
	assert.False(t, isExample(p, make([]byte, 100)), "no major sync")
}
