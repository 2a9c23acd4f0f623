package gops

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"gop/internal/media"
)

// GOPs that are added as runs are those of their packets, also between GOPs that are added packet by packet.
func TestAddRun(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []media.Packet
		dts, pos := int64(0), int64(0)
		for i := range 60 {
			p := media.Packet{DTS: dts, Pos: pos, ReadPos: pos, Size: 1 + random.IntN(99)}
			p.Duration, p.Key = 1+random.Int64N(20), i == 0 || random.IntN(6) == 0
			p.PTS = dts + random.Int64N(50)
			dts += p.Duration
			pos += int64(p.Size) + random.Int64N(200) - 50
			all = append(all, p)
		}
		a := Grouper{MaxPackets: 100, MaxGOPs: 100, Second: 30}
		b := Grouper{MaxPackets: 100, MaxGOPs: 100, Second: 30}
		var presentedA, presentedB Presentation
		for _, p := range all {
			require.NoError(t, a.Add(p))
			presentedA.Add(p)
		}
		for from := 0; from < len(all); {
			to := from + 1
			for to < len(all) && !all[to].Key {
				to++
			}
			asRun, after := random.IntN(3) > 0, b.Latest()
			require.NoError(t, b.Add(all[from]))
			presentedB.Add(all[from])
			if rest := all[from+1 : to]; asRun {
				r := runOf(all[from], rest, int64(after))
				require.NoError(t, b.AddRun(r))
				presentedB.AddRun(r)
			} else {
				for _, p := range rest {
					require.NoError(t, b.Add(p))
					presentedB.Add(p)
				}
			}
			from = to
		}
		want, got := a.Done(), b.Done()
		require.Equal(t, want, got)
		require.Equal(t, presentedA, presentedB)
	}
}

func runOf(key media.Packet, packets []media.Packet, after int64) media.Run {
	r := media.Run{
		Count: len(packets), LastPos: -1, Latest: key.PTS, Duration: key.Duration,
		End: key.PTS + key.Duration, Next: media.NoPTS,
	}
	for i, p := range packets {
		r.Bytes += int64(p.Size)
		r.LastPos, r.LastDTS = max(r.LastPos, p.Pos), p.DTS
		if i == 0 || p.PTS < r.Earliest {
			r.Earliest = p.PTS
		}
		if p.PTS >= r.Latest {
			r.Latest, r.Duration = p.PTS, p.Duration
		}
		if p.PTS < key.PTS {
			r.Leading++
		} else {
			r.End = max(r.End, p.PTS+p.Duration)
		}
		if p.PTS > after && (r.Next == media.NoPTS || p.PTS < r.Next) {
			r.Next = p.PTS
		}
	}
	return r
}

func TestRunLimits(t *testing.T) {
	g := Grouper{MaxPackets: 3, MaxGOPs: 1}
	require.NoError(t, g.Add(media.Packet{Key: true}))
	require.NoError(t, g.AddRun(media.Run{}))
	require.ErrorContains(t, g.AddRun(media.Run{Count: 1, Latest: media.MaxTime + 1}), "out of range")
	require.ErrorContains(t, g.AddRun(media.Run{Count: 2}), "more than 3 packets")
}
