package video

import (
	"strings"
	"unicode/utf8"
)

// PrintableName returns a name in valid UTF-8, for pages, logs and messages. Each byte that is not part of
// UTF-8 is percent-encoded, as in the URL: "caf\xe9.mp4" becomes "caf%E9.mp4". So that no two names look the
// same, the percent sign of such an escape in the name itself becomes "%25": "caf%E9.mp4" becomes
// "caf%25E9.mp4". Other names stay as they are.
func PrintableName(name string) string {
	var text strings.Builder
	for len(name) > 0 {
		r, size := utf8.DecodeRuneInString(name)
		switch {
		case r == utf8.RuneError && size == 1:
			const digits = "0123456789ABCDEF"
			text.WriteByte('%')
			text.WriteByte(digits[name[0]>>4])
			text.WriteByte(digits[name[0]&15])
		case r == '%' && isEscape(name):
			text.WriteString("%25")
		default:
			text.WriteString(name[:size])
		}
		name = name[size:]
	}
	return text.String()
}

// ParseName returns the name whose PrintableName is text. It returns any other text unchanged.
func ParseName(text string) string {
	var name strings.Builder
	for rest := text; len(rest) > 0; {
		size := 1
		switch {
		case rest[0] == '%' && isEscape(rest) && strings.HasPrefix(rest, "%25"):
			name.WriteByte('%')
			size = 3
		case rest[0] == '%' && isEscape(rest):
			name.WriteByte(hexValue(rest[1])<<4 | hexValue(rest[2]))
			size = 3
		default:
			name.WriteByte(rest[0])
		}
		rest = rest[size:]
	}
	if PrintableName(name.String()) != text {
		return text
	}
	return name.String()
}

// isEscape reports whether text begins with a percent sign, any number of "25", and the two digits of a byte
// that is not ASCII, in upper-case hexadecimal.
func isEscape(text string) bool {
	text = text[1:]
	for strings.HasPrefix(text, "25") {
		text = text[2:]
	}
	return len(text) >= 2 && hexValue(text[0]) >= 8 && hexValue(text[0]) < 16 && hexValue(text[1]) < 16
}

// hexValue returns the value of an upper-case hexadecimal digit, or 16 or more for another byte.
func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
