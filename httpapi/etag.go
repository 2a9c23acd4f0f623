package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"gop/video"
)

// etag returns a quoted strong entity tag (RFC 9110, section 8.8.3) of a list of parts. Different lists have
// different tags.
func etag(parts ...string) string {
	var all []byte
	for _, part := range parts {
		all = strconv.AppendInt(all, int64(len(part)), 10)
		all = append(append(all, ':'), part...)
	}
	sum := sha256.Sum256(all)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// linkingETag returns the entity tag of a kind of body about a video with links that have the parameters p.
func (s *server) linkingETag(kind string, ix *video.Index, p params) string {
	return etag(s.config.Build, kind, ix.Video.Name, ix.Video.Version, p.prefix, p.query(onVideo))
}

// versionOf returns a short name of a video's version for the URLs of its GOPs: a URL with it has the same
// bytes forever. It differs whenever the bytes of the video may differ, or another build may make other bytes
// of them. It does not reveal the parts of the version, such as the inode.
func versionOf(build string, v video.Video) string {
	const length = 12 // 48 bits, like the hashes in names of assets
	return etag(build, "version", v.Name, v.Version)[1 : 1+length]
}

// segmentETag returns the entity tag of a segment. Another build may make other bytes from the same key.
func segmentETag(build string, k video.SegmentKey) string {
	parts := []string{
		build, "segment", k.Name, k.Version,
		strconv.Itoa(k.VideoStream), strconv.Itoa(k.AudioStream), strconv.Itoa(k.GOP),
		strconv.FormatBool(k.NoLeading),
	}
	if k.More > 0 {
		parts = append(parts, "run", strconv.Itoa(k.More))
	}
	if k.Clip != (video.Interval{}) {
		parts = append(parts, "clip", fmt.Sprint(k.Clip))
	}
	if k.Metadata {
		parts = append(parts, "metadata")
	}
	if k.IsTranscode() {
		parts = append(parts, fmt.Sprint(k.Filters), strconv.FormatBool(k.Fragmented))
	}
	return etag(parts...)
}

// thumbnailETag returns the entity tag of a thumbnail.
func thumbnailETag(build string, k video.ThumbnailKey) string {
	parts := []string{
		build, "thumbnail", k.Name, k.Version, strconv.Itoa(k.VideoStream), strconv.Itoa(k.GOP),
		string(k.Format), strconv.Itoa(k.Width), fmt.Sprint(k.Filters),
	}
	if k.Frame > 0 {
		parts = append(parts, strconv.Itoa(k.Frame))
	}
	if k.Sheet != (video.Sheet{}) {
		parts = append(parts, fmt.Sprint(k.Sheet))
	}
	return etag(parts...)
}
