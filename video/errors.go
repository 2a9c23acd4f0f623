package video

import (
	"context"
	"errors"
	"fmt"
)

// Kind says what went wrong in terms that a client can act on. The zero Kind is Internal.
type Kind int

// The kinds of errors. httpapi gives each its status.
const (
	Internal    Kind = iota // a fault of the program or of the machine
	Invalid                 // the request makes no sense
	NotFound                // no such video or GOP
	TooLarge                // more than the configured limits allow
	Unreadable              // the file cannot be read, or not be served as mp4
	Unavailable             // too much to do; try again later
	Timeout                 // it took longer than allowed
	Canceled                // who asked went away
)

// String is the kind's name, in lower case.
func (k Kind) String() string {
	switch k {
	case Invalid:
		return "invalid"
	case NotFound:
		return "not_found"
	case TooLarge:
		return "too_large"
	case Unreadable:
		return "unreadable"
	case Unavailable:
		return "unavailable"
	case Timeout:
		return "timeout"
	case Canceled:
		return "canceled"
	}
	return "internal"
}

// Error is an error with a kind and with a reason that anyone may see. What it wraps is for the
// log alone.
type Error struct {
	Kind    Kind
	Message string // a sentence without its full stop; no path, no inner text
	Err     error  // may be nil
}

// Error is the reason and, where there is one, the inner error.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an error of the given kind. Clients see its message, which is formatted as by fmt.Sprintf.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// WrapError returns an error of the given kind that wraps err. Clients see its message, which is formatted as by
// fmt.Sprintf; err goes to the log only.
func WrapError(kind Kind, err error, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: err}
}

// ErrChanged says that a video's bytes are no longer those of the version that was asked for.
// Who asks again gets the new version.
var ErrChanged = Errorf(Unavailable, "the video has changed meanwhile; ask again")

// KindOf is the kind of the first Error in err's chain; an end of a context is Timeout or
// Canceled; all else is Internal.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Canceled
	}
	return Internal
}

// Message is the reason of the first Error in err's chain, or "".
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return ""
}
