package media

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPacketTimed(t *testing.T) {
	assert.Equal(t, Packet{PTS: 7, DTS: 7}, Packet{PTS: NoPTS, DTS: 7}.Timed())
	assert.Equal(t, Packet{PTS: 7, DTS: 7}, Packet{PTS: 7, DTS: NoPTS}.Timed())
	assert.Equal(t, Packet{PTS: 7, DTS: 5}, Packet{PTS: 7, DTS: 5}.Timed())
	assert.Equal(t, Packet{PTS: NoPTS, DTS: NoPTS}, Packet{PTS: NoPTS, DTS: NoPTS}.Timed())
}

func TestPacketIsPossible(t *testing.T) {
	assert.True(t, Packet{PTS: NoPTS, DTS: -MaxTime, Duration: MaxTime}.IsPossible())
	assert.False(t, Packet{PTS: MaxTime + 1}.IsPossible())
	assert.False(t, Packet{DTS: -MaxTime - 1}.IsPossible())
	assert.False(t, Packet{Duration: math.MaxInt64}.IsPossible())
}
