package video

// StartAtZero shifts all times of an index whose first GOP starts before 0, so that it starts at 0.
func (ix *Index) StartAtZero() {
	gops := ix.GOPs.Unpack()
	if gops[0].Start >= 0 {
		return
	}
	ix.Shift = -gops[0].Start
	for i := range gops {
		gops[i] = gops[i].shifted(ix.Shift)
	}
	ix.GOPs = NewGOPList(gops...)
	d := &ix.Description
	ix.shift(&d.Start, Rational{Num: 1, Den: 1e6})
	for i := range d.Streams {
		ix.shift(&d.Streams[i].Start, d.Streams[i].TimeBase)
	}
	for i := range d.Chapters {
		ix.shift(&d.Chapters[i].Start, d.Chapters[i].TimeBase)
		ix.shift(&d.Chapters[i].End, d.Chapters[i].TimeBase)
	}
}

// shift shifts a time in units of base, if it is known.
func (ix *Index) shift(time *Ticks, base Rational) {
	if *time != NoTime && base.Known() {
		*time += ix.Shift.Rescale(ix.Track().TimeBase, base)
	}
}

// GOPInFile returns GOP n with the times that its packets have in the file.
func (ix *Index) GOPInFile(n int) GOP { return ix.RunInFile(n, n) }

// RunInFile returns a run of GOPs, as Run does, with the times that its packets have in the file.
func (ix *Index) RunInFile(first, last int) GOP { return ix.Run(first, last).shifted(-ix.Shift) }

// shifted returns g with later times.
func (g GOP) shifted(by Ticks) GOP {
	for _, time := range []*Ticks{&g.Start, &g.End, &g.StartDTS, &g.EndDTS, &g.KeyPTS} {
		*time += by
	}
	return g
}
