package video

import (
	"context"
	"errors"
	"fmt"
)

// Kind classifies an error by what a client can do about it. The zero Kind is Internal.
type Kind int

// The kinds of errors. httpapi maps each to a status.
const (
	Internal    Kind = iota // a fault of the program or of the machine
	Invalid                 // the request is malformed
	NotFound                // no such video, GOP or track
	TooLarge                // over a configured limit
	Unreadable              // the file cannot be read or cannot be served as mp4
	Unavailable             // the server is busy; try again later
	Timeout                 // the work took longer than its limit
	Canceled                // the client disconnected
)

var kindNames = [...]string{
	Internal: "internal", Invalid: "invalid", NotFound: "not_found", TooLarge: "too_large",
	Unreadable: "unreadable", Unavailable: "unavailable", Timeout: "timeout", Canceled: "canceled",
}

// String returns the kind's name in lower case with underscores.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return kindNames[Internal]
	}
	return kindNames[k]
}

// Error is an error with a kind and a message for clients. The error that it wraps is for the log only.
type Error struct {
	Kind    Kind
	Message string // a clause without a full stop; it contains no path and no inner error
	Err     error  // may be nil
}

// Error returns the message, followed by the inner error if there is one.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the inner error, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an error of the given kind. Clients see its message, which is formatted as by fmt.Sprintf.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// WrapError returns an error of the given kind that wraps err. Clients see its message, which is formatted as
// by fmt.Sprintf; err goes to the log only.
func WrapError(kind Kind, err error, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: err}
}

// ErrChanged reports that a video's bytes are no longer those of the requested version. Asking again yields
// the new version.
var ErrChanged = Errorf(Unavailable, "the video has changed; try again")

// KindOf returns the kind of the first Error in err's chain. Without one, the end of a context is Timeout or
// Canceled, and every other error is Internal.
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

// Message returns the message of the first Error in err's chain, or "".
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return ""
}
