package httpapi

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"gop/templates"
	"gop/video"
)

// metadataProperties lists the properties on the page and, for each, its tags in order of preference. The
// values of the parts of a property are joined.
var metadataProperties = []struct {
	name  string
	parts [][]string
}{
	{"Title", [][]string{{"title", "service_name"}}},
	{"Artist", [][]string{{"artist", "com.apple.quicktime.artist"}}},
	{"Date", [][]string{{"com.apple.quicktime.creationdate", "date_recorded", "creation_time", "date"}}},
	{"Camera", [][]string{
		{"make", "com.apple.quicktime.make", "com.android.manufacturer"},
		{"model", "com.apple.quicktime.model", "com.android.model"},
	}},
	{"Location", [][]string{{"com.apple.quicktime.location.ISO6709", "location", "location-eng"}}},
	{"Timecode", [][]string{{"timecode"}}},
	{"Comment", [][]string{{"comment", "description", "com.apple.quicktime.comment"}}},
}

// newMetadata returns the metadata of a video for its page, without the brands of the file.
func newMetadata(ix *video.Index) templates.Metadata {
	d := ix.Description
	tags := slices.Concat(append([]video.Tags{d.Tags}, d.Programs...)...)
	for _, s := range d.Streams {
		if timecode := s.Tags.Get("timecode"); timecode != "" {
			tags = append(tags, video.Tag{Name: "timecode", Value: timecode})
		}
	}
	tags = slices.DeleteFunc(tags, func(t video.Tag) bool {
		return t.IsNamed("major_brand", "minor_version", "compatible_brands")
	})
	metadata := templates.Metadata{Chapters: chapterLinks(ix)}
	for _, p := range metadataProperties {
		var values []string
		for _, names := range p.parts {
			value := firstValue(tags, names)
			if value == "" {
				continue
			}
			values = append(values, value)
			tags = slices.DeleteFunc(tags, func(t video.Tag) bool { // also the other tags that repeat it
				return t.IsNamed(names...) && t.Value == value
			})
		}
		if len(values) > 0 {
			metadata.Properties = append(metadata.Properties, templates.Property{
				Name: p.name, Value: propertyText(p.name, strings.Join(values, " ")),
			})
		}
	}
	for _, t := range tags {
		metadata.Tags = append(metadata.Tags, templates.Property(t))
	}
	return metadata
}

// firstValue returns the value of the first of the names that tags has, or "".
func firstValue(tags video.Tags, names []string) string {
	for _, name := range names {
		if value := tags.Get(name); value != "" {
			return value
		}
	}
	return ""
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
	base, gops := ix.Track().TimeBase, ix.Presented()
	for i, c := range ix.Description.Chapters {
		if !c.TimeBase.Known() {
			continue
		}
		title := c.Tags.Get("title")
		if title == "" {
			title = "Chapter " + strconv.Itoa(i+1)
		}
		at := c.Start.Rescale(c.TimeBase, base)
		link := templates.ChapterLink{Title: title, Start: duration(c.Start, c.TimeBase)}
		next := sort.Search(len(gops), func(i int) bool { return ix.GOPs.At(gops[i]).Start > at })
		if len(gops) > 0 {
			link.GOP = gops[max(next-1, 0)]
		}
		links = append(links, link)
	}
	return links
}
