package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gop/video"
)

// choice is what the query says of how a video is to be cut. The zero choice is no query.
type choice struct {
	video     int // the number of the video track, from 1; 0 where nothing is said
	audio     int // as in video.Cut
	noLeading bool
	edit      video.Edit
	stream    bool
	image     video.ImageFormat // "" where none is asked for
	grant     string            // what a signed URL's query goes on with; it says nothing of the cut
}

// grammar is what a query may say at a route.
type grammar struct {
	parameters []string
	image      video.ImageFormat // of what the route answers with; "" where that is no image
	isOfVideo  bool              // of a page or listing, which leads to GOPs
}

// Of a video's page and its listing, of its GOPs, and of images.
var (
	videoGrammar   = grammar{parameters: []string{"video", "audio", "leading"}, isOfVideo: true}
	segmentGrammar = grammar{parameters: slices.Concat(videoGrammar.parameters, video.EditParameters(false), []string{"stream"})}
	imageGrammars  = map[string]grammar{"jpg": imageGrammar(video.JPEG), "png": imageGrammar(video.PNG)} // by the endings of paths
)

func imageGrammar(format video.ImageFormat) grammar {
	return grammar{parameters: append([]string{"video"}, video.EditParameters(true)...), image: format}
}

// chosen is the index that a request asks for, by the name in its path, and the choice in its query, which is one
// that the video leaves for its page and its listing. Of a GOP, that is still to be seen.
func (s *server) chosen(r *http.Request, g grammar) (*video.Index, choice, error) {
	name, err := videoName(r)
	if err != nil {
		return nil, choice{}, err
	}
	c, err := choiceOf(r, g)
	if err != nil {
		return nil, choice{}, err
	}
	c.grant = grantOf(r).query
	ix, err := s.library.Index(r.Context(), name, c.track())
	if err != nil {
		return nil, choice{}, err
	}
	if g.isOfVideo {
		_, err = ix.Key(c.playable(ix).cut(0))
	}
	return ix, c, err
}

// playable is the choice by which a page and a listing lead to GOPs: what no mp4 can hold as it is, is encoded.
func (c choice) playable(ix *video.Index) choice {
	c.edit.Transcode = c.edit.Transcode || ix.Track().Unsupported != ""
	return c
}

// choiceOf reads the query: video=n, audio=0 or n, leading=0 or 1, stream=0 or 1, and an edit, each parameter at most once,
// and those alone that there are here.
func choiceOf(r *http.Request, g grammar) (choice, error) {
	values, err := queryOf(r, g.parameters...)
	if err != nil {
		return choice{}, err
	}
	c := choice{image: g.image}
	for name, given := range values {
		switch text := given[0]; name {
		case "video":
			c.video, err = trackNumber(name, text, 1)
		case "audio":
			if c.audio, err = trackNumber(name, text, 0); err == nil && c.audio == 0 {
				c.audio = video.NoAudio
			}
		case "leading":
			var wanted bool
			wanted, err = flag(name, text)
			c.noLeading = !wanted
		case "stream":
			c.stream, err = flag(name, text)
		}
		if err != nil {
			return choice{}, err
		}
	}
	// Of a page or a listing there is no parameter that it would find.
	c.edit, err = editOf(values, g.image != "")
	return c, err
}

// queryOf reads a query that has those parameters alone, each at most once, and what a signed URL has, which
// is looked at before.
func queryOf(r *http.Request, parameters ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, video.WrapError(video.Invalid, err, "the query is not escaped as a query must be")
	}
	for name, given := range values {
		if len(given) > 1 {
			return nil, video.Errorf(video.Invalid, "%s is given %d times", strconv.Quote(name), len(given))
		}
		isGrant := name == expiresParameter || name == signatureParameter
		if !isGrant && !slices.Contains(parameters, name) {
			return nil, video.Errorf(video.Invalid, "there is no parameter %s; there are %s", strconv.Quote(name), listed(parameters))
		}
	}
	return values, nil
}

// listed is words as a sentence has them.
func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// flag reads 0 or 1.
func flag(name, text string) (bool, error) {
	if text != "0" && text != "1" {
		return false, video.Errorf(video.Invalid, "%s is 0 or 1; this is %q", name, text)
	}
	return text == "1", nil
}

// trackNumber reads a number that is at least least. Whether there is such a track is the index's
// to say.
func trackNumber(name, text string, least uint64) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n < least {
		return 0, video.Errorf(video.Invalid, "%s is the number of a track, from %d, in digits; this is %s", name, least, strconv.Quote(text))
	}
	return int(n), nil
}

// track is the number of the video track.
func (c choice) track() int { return max(c.video, 1) }

// cut is the choice for one GOP.
func (c choice) cut(gop int) video.Cut {
	return video.Cut{GOP: gop, Audio: c.audio, NoLeading: c.noLeading, Edit: c.edit, Stream: c.stream, Image: video.Image{Format: c.image}}
}

// ofImage is what of the choice there is for images.
func (c choice) ofImage() choice { return choice{video: c.video, grant: c.grant} }

// query is the choice as a query, with its question mark; "" where it says nothing.
func (c choice) query() string {
	var said []string
	if c.track() > 1 {
		said = append(said, "video="+strconv.Itoa(c.video))
	}
	if c.audio != 0 {
		said = append(said, "audio="+strconv.Itoa(max(c.audio, 0)))
	}
	if c.noLeading {
		said = append(said, "leading=0")
	}
	said = append(said, editQuery(c.edit)...)
	if c.stream {
		said = append(said, "stream=1")
	}
	if c.grant != "" {
		said = append(said, c.grant)
	}
	if len(said) == 0 {
		return ""
	}
	return "?" + strings.Join(said, "&")
}

// leftOut is the header of a GOP that has no sound, though the video has, and nobody asked for
// that: what is missing, and why. A structured field (RFC 9651, section 3.3).
const leftOut = "Gop-Left-Out"

// noteSilence sets that header where it is due.
func noteSilence(w http.ResponseWriter, ix *video.Index, of video.Cut) {
	if reason := ix.AudioUnsupported(); reason != "" && of.Audio == 0 {
		w.Header().Set(leftOut, "audio;reason="+strconv.Quote(reason))
	}
}
