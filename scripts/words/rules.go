package main

import "regexp"

// rule bans phrases. A phrase is a sequence of words in lower case, and matches prose ("read ahead"),
// identifiers (readAhead) and options (--read-ahead) alike. It matches whole words only.
type rule struct {
	phrases []string
	use     string
	only    *regexp.Regexp // files that the rule is for; nil for all
}

var (
	// media is the code that speaks of streams and edit lists, where "shown" and "hidden" mean these.
	media   = regexp.MustCompile(`^(av|internal|video|cmd/bench|cmd/conformance)/.*\.(go|c|h)$`)
	limiter = regexp.MustCompile(`^(library/.*|cmd/gop/(flags|serve|metrics\w*))\.go$`)
)

var rules = []rule{
	// Words of the field.
	{[]string{"film", "films", "filmed"}, "video track, video stream", nil},
	{[]string{"sound", "sounds"}, "audio", nil},
	{[]string{"picture", "pictures"}, "frame, keyframe, thumbnail", nil},
	{[]string{
		"stills", "a still", "the still", "still image", "still images", "key still", "one still", "each still", "of still",
	}, "thumbnail", nil},
	{[]string{"heard"}, "presented, overlapping", nil},
	{[]string{"shown"}, "presented", media},
	{[]string{"hidden", "hides"}, "trimmed by the edit list", media},
	{[]string{"hidden by", "hidden picture", "hidden pictures"}, "trimmed by the edit list", nil},
	{[]string{"cut without loss", "without loss"}, "copied, lossless", nil},
	{[]string{"anew"}, "again; transcoded", nil},
	{[]string{"encodes", "an encode", "the encode", "one encode", "each encode", "no encode"}, "transcode; runs the encoder", nil},
	{[]string{"known cut", "known cuts"}, "cut from the sample table", nil},
	{[]string{"copying path", "copying cut"}, "copied segment", nil},
	{[]string{"reference cut"}, "zero-copy segment", nil},
	{[]string{"wants", "wanted"}, "selects, needs", nil},
	{[]string{
		"is behind", "are behind", "was behind", "lies behind", "lie behind", "stands behind", "behind the end",
	}, "past the end, after", nil},
	{[]string{"flight", "flights"}, "singleflight, in flight", nil},
	{[]string{"flying", "landed"}, "in flight, done", nil},
	{[]string{"jobs", "job"}, "limiter, workers", limiter},
	{[]string{"read ahead", "reads ahead", "reading ahead", "readahead"}, "prefetch", nil},
	{[]string{"grammar"}, "paramTable, syntax", nil},
	{[]string{"polite", "politely", "politeness"}, "nice", nil},
	{[]string{"make way", "makes way", "making way", "made way"}, "nice", nil},

	// Plain English.
	{[]string{"nobody"}, "no client, no one", nil},
	{[]string{"at hand"}, "available, in memory", nil},
	{[]string{"so many"}, "the number of", nil},
	{[]string{"of which"}, "a sentence of its own", nil},
	{[]string{"in turn"}, "one after another, consecutive", nil},
	{[]string{"that which", "those which"}, "a noun", nil},
	{[]string{"for ever"}, "indefinitely", nil},
	{[]string{"tells whether", "tell whether", "told whether"}, "reports whether", nil},
	{[]string{"sent away", "sends away", "send away"}, "refused", nil},
	{[]string{"good for ever"}, "may be retained", nil},

	// American spelling.
	{[]string{"colour", "colours", "coloured"}, "color", nil},
	{[]string{"grey", "greys"}, "gray", nil},
	{[]string{"licence", "licences"}, "license", nil},
	{[]string{"behaviour", "behaviours"}, "behavior", nil},
	{[]string{"centre", "centres", "centred"}, "center", nil},
	{[]string{"neighbour", "neighbours", "neighbouring"}, "neighbor", nil},
}

// allowed are phrases in which a banned word is a term: of ours, of H.264 and MPEG-2, of FFmpeg, of browsers.
var allowed = []string{
	"group of pictures", "groups of pictures",
	"picture parameter set", "picture parameter sets", "picture order count", "picture timing", "picture structure",
	"picture header", "picture headers", "picture start code", "picture coding", "picture coding extension", "coded picture",
	"coded pictures", "rasl picture", "rasl pictures", "radl picture", "radl pictures", "cra picture", "cra pictures",
	"idr picture", "idr pictures", "irap picture", "irap pictures", "bla picture", "bla pictures",
	"attached picture", "attached pictures", "attached pic", "cover picture", "cover pictures", "picture type",
	"picture type i", "picture in picture", "in flight", "single flight",
}

// badStarts are words that stand for a noun where they begin a clause that is no question.
var badStarts = map[string]string{"who": "a noun: a client that …", "what": "a noun", "whoever": "a noun"}

// badBeforeWho are words after which "who" stands for a noun.
var badBeforeWho = map[string]bool{
	"to": true, "by": true, "for": true, "from": true, "with": true, "as": true, "than": true, "and": true, "of": true,
}

// pattern bans an identifier of code that is a plain word in prose. It is matched against each line
// without its strings and comments.
type pattern struct {
	only *regexp.Regexp
	code *regexp.Regexp
	use  string
}

var patterns = []pattern{
	{goFile(""), regexp.MustCompile(`\w+Still\w*|\bStill[A-Z]\w*|\bstill[A-Z]?\w*`), "thumbnail"},
	{goFile(""), regexp.MustCompile(`\bvideo\.(Refuse\w*|ReasonOf|Left|Place|Origin)\b`), "video.Errorf, Message, Unsupported, CacheStatus"},
	{goFile("(av|internal)/"), regexp.MustCompile(`\b[Rr]each(Of|es)?\b`), "extent"},
	{goFile("av/"), regexp.MustCompile(`\bknown[A-Z]\w*|\bisBehind\b`), "cutFromTable, pastEnd"},
	{goFile("library/"), regexp.MustCompile(`\b(enter|enterIdle|leave|room)\b`), "Acquire, Release, queue length"},
	{goFile("httpapi/"), regexp.MustCompile(`\b[cC]hoice\w*`), "params"},
	{
		goFile("httpapi/"), regexp.MustCompile(`\btype (document|record|answer|content|serving|address)\b|\*(document|record|answer|content|serving|address)\b`),
		"cached body, access log, response writer, segment reader, limits, paths",
	},
	{regexp.MustCompile(`\.(c|h)$`), regexp.MustCompile(`\bsched_yield\b|\bSCHED_IDLE\b|\bpthread_create\b|\btimer_create\b`), "nice; logic is Go's"},
}

func goFile(folder string) *regexp.Regexp { return regexp.MustCompile(`^` + folder + `.*\.go$`) }

// fileNames are names of files that the words above are too common for.
var fileNames = regexp.MustCompile(`^(av/(known|polite|reach|reference|shown|still|wanted|yield)|library/(ahead|flights|jobs)|` +
	`httpapi/(address|answer|choice|content|document|grammar|record|serving)|templates/address)(_test)?\.\w+$`)
