package httpapi

import (
	"gop/video"
	"gop/video/cut"
)

// part is the part of a video that a query selects. The zero part is all of it.
type part struct {
	from, to    clock // times
	at          clock // time on screen
	exact       bool  // like cut.Clip's Exact
	first, last count // numbers of GOPs
}

// clock is a time that may be given, in microseconds on the clock of the listing.
type clock struct {
	given  bool
	micros int64
}

// count is a number that may be given.
type count struct {
	given bool
	n     int
}

// hasTimes reports whether from or to is given.
func (p part) hasTimes() bool { return p.from.given || p.to.given }

// hasNumbers reports whether first or last is given.
func (p part) hasNumbers() bool { return p.first.given || p.last.given }

// clip returns the clip of from, to and cut.
func (p part) clip() cut.Clip {
	c := cut.Clip{From: p.from.micros, To: cut.End, Exact: p.exact}
	if p.to.given {
		c.To = p.to.micros
	}
	return c
}

// gops returns the numbers of the first and the last GOP of the part. It reports false if it has none.
func (p part) gops(ix *video.Index) (first, last int, ok bool) {
	last = ix.GOPs.Len() - 1
	switch {
	case p.hasTimes():
		return p.clip().GOPs(ix)
	case p.at.given:
		_, last, ok = cut.Clip{From: p.at.micros, To: p.at.micros + 1}.GOPs(ix)
		return last, last, ok // a leading frame belongs to the GOP after the first
	case p.last.given:
		last = min(last, p.last.n)
	}
	return p.first.n, last, p.first.n <= last
}

// clockParam describes a time.
func clockParam(name string, routes routeSet, field func(*params) *clock) param {
	return param{
		name: name, routes: routes, schema: schema{kind: "string"},
		expected: "a time in seconds, or as m:ss or h:mm:ss, with at most 6 decimals",
		parse: func(p *params, text string) bool {
			micros, ok := cut.ParseTime(text)
			*field(p) = clock{true, micros}
			return ok
		},
		print: func(p *params) string { return printIf(field(p).given, cut.FormatTime(field(p).micros)) },
	}
}

// toParam describes to, which follows from.
func toParam() param {
	row := clockParam("to", onClip|onListing|onFrameList, func(p *params) *clock { return &p.part.to })
	row.check = func(p *params) bool { return p.part.from.micros < p.part.to.micros }
	row.conflict = "to must be later than from"
	return row
}

// atParam describes at, which excludes the other parameters of parts.
func atParam() param {
	row := clockParam("at", onListing, func(p *params) *clock { return &p.part.at })
	row.check = func(p *params) bool { return !p.part.hasTimes() && !p.part.hasNumbers() }
	row.conflict = "at excludes from, to, first and last"
	return row
}

// numberParam describes the number of a GOP, which excludes times. check is an additional one.
func numberParam(
	name string, field func(*params) *count, check func(part) bool, conflict string,
) param {
	return param{
		name: name, routes: onListing, expected: "the number of a GOP, from 0",
		schema: schema{kind: "integer"},
		parse: func(p *params, text string) bool {
			n, ok := parseInt(text)
			*field(p) = count{true, n}
			return ok
		},
		print:    func(p *params) string { return printInt(field(p).n, field(p).given) },
		check:    func(p *params) bool { return check(p.part) },
		conflict: conflict,
	}
}

// frameNumberParam describes the number of a frame, which t excludes.
func frameNumberParam() param {
	return param{
		name: "n", routes: onFrame, schema: schema{kind: "integer"},
		expected: "the number of a frame, from 0",
		parse: func(p *params, text string) (ok bool) {
			p.number, ok = parseInt(text)
			return ok
		},
		print:    func(p *params) string { return printInt(p.number, p.number != 0) },
		check:    func(p *params) bool { return !p.time.given },
		conflict: "n and t exclude each other",
	}
}

// columnsParam describes columns, which are those of all GOPs.
func columnsParam() param {
	row := flagParam("columns", onListing, "1", func(p *params) *bool { return &p.columns })
	row.check = func(p *params) bool { return !p.columns || p.part == part{} }
	row.conflict = "columns=1 lists all GOPs; it excludes from, to, first, last and at"
	return row
}
