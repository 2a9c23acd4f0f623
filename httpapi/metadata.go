package httpapi

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gop/templates"
	"gop/video"
)

// aboutProperties are the properties of a file on its page, each with the tags that state it, the most exact
// one first. make and model are one property.
var aboutProperties = []struct {
	name string
	tags []string
}{
	{"Title", []string{"title", "service_name"}},
	{"Artist", []string{"artist", "com.apple.quicktime.artist"}},
	{"Date", []string{"com.apple.quicktime.creationdate", "creation_time", "date"}},
	{"Camera", []string{"make", "com.apple.quicktime.make", "com.android.manufacturer"}},
	{"", []string{"model", "com.apple.quicktime.model", "com.android.model"}},
	{"Location", []string{"com.apple.quicktime.location.ISO6709", "location"}},
	{"Timecode", []string{"timecode"}},
	{"Comment", []string{"comment", "description", "com.apple.quicktime.comment"}},
}

// newAbout returns the metadata of a video for its page.
func newAbout(ix *video.Index) templates.About {
	d := ix.Description
	tags := slices.Concat(append([]video.Tags{d.Tags}, d.Programs...)...)
	for _, s := range d.Streams {
		if timecode := s.Tags.Get("timecode"); timecode != "" {
			tags = append(tags, video.Tag{Name: "timecode", Value: timecode})
		}
	}
	about := templates.About{Chapters: chapterLinks(ix)}
	used := map[string]bool{}
	for _, p := range aboutProperties {
		value := ""
		for _, name := range p.tags {
			at := slices.IndexFunc(tags, func(t video.Tag) bool { return strings.EqualFold(t.Name, name) })
			if at >= 0 && value == "" {
				value = tags[at].Value
				used[tags[at].Name] = true
			}
		}
		last := len(about.Properties) - 1
		switch {
		case value == "":
		case p.name == "" && last >= 0 && about.Properties[last].Name == "Camera":
			about.Properties[last].Value += " " + value
		case p.name == "":
			about.Properties = append(about.Properties, templates.Property{Name: "Camera", Value: value})
		default:
			about.Properties = append(about.Properties, templates.Property{
				Name: p.name, Value: propertyText(p.name, value),
			})
		}
	}
	for _, t := range tags {
		if !used[t.Name] {
			about.Tags = append(about.Tags, templates.Property(t))
		}
	}
	return about
}

func propertyText(name, value string) string {
	switch name {
	case "Date":
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			return t.Format("2006-01-02 15:04:05 MST")
		}
		if t, err := time.Parse("2006-01-02T15:04:05-0700", value); err == nil { // QuickTime
			return t.Format("2006-01-02 15:04:05 -07:00")
		}
	case "Location":
		return locationText(value)
	}
	return value
}

// iso6709 matches the decimal degrees of ISO 6709, annex H: latitude and longitude.
var iso6709 = regexp.MustCompile(`^([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)`)

// locationText returns a location in degrees, or the text as it is if it is not in decimal degrees.
func locationText(text string) string {
	match := iso6709.FindStringSubmatch(text)
	if match == nil {
		return text
	}
	degrees := func(text, positive, negative string) string {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil { // cannot happen: the pattern matches numbers only
			return text
		}
		if value < 0 {
			value, positive = -value, negative
		}
		return fmt.Sprintf("%.4f°\u00a0%s", value, positive)
	}
	return degrees(match[1], "N", "S") + ", " + degrees(match[2], "E", "W")
}

// chapterLinks returns the chapters of a video, each with the GOP that is presented at its start.
func chapterLinks(ix *video.Index) (links []templates.ChapterLink) {
	base := ix.Track().TimeBase
	for i, c := range ix.Description.Chapters {
		if !c.TimeBase.Known() {
			continue
		}
		title := c.Tags.Get("title")
		if title == "" {
			title = "Chapter " + strconv.Itoa(i+1)
		}
		at := c.Start.Rescale(c.TimeBase, base)
		gop := 0
		for gop+1 < len(ix.GOPs) && ix.GOPs[gop+1].Start <= at {
			gop++
		}
		start := duration(c.Start, c.TimeBase)
		links = append(links, templates.ChapterLink{Title: title, Start: start, GOP: gop})
	}
	return links
}
