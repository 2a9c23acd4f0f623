package progress

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// Without a terminal each step prints a line, and nothing is drawn.
func TestLines(t *testing.T) {
	var out bytes.Buffer
	b := New(&out)
	b.At(0.1, "beginning")
	b.Step(0.5, "half", "first")
	b.Step(0.6, "more", "")
	b.Step(1, "all", "second")
	b.Close()
	b.Step(1, "late", "third")
	assert.Equal(t, "first\nsecond\n", out.String())
}

// On a terminal steps are drawn at once, At waits 100 ms, and Close erases the line.
func TestTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := New(&out)
		b.terminal = true
		b.Step(0.5, "half", "first")
		b.At(0.6, "too early to be drawn")
		time.Sleep(time.Second) // of the bubble's clock
		b.At(1.1, "more")
		b.Close()
		b.Step(1, "late", "")
		assert.Equal(t, "\r\x1b[K[####################....................]  50 %, half"+
			"\r\x1b[K[########################################] 110 %, more\r\x1b[K", out.String())
	})
}
