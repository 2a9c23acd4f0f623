package httpapi

import (
	"io"
	"net/http"
	"time"
)

// answer is a ResponseWriter that keeps count, and whose client has to take it piece by piece, each
// within a time: who reads too slowly, or not at all, is cut off.
type answer struct {
	http.ResponseWriter
	connection *http.ResponseController
	time       time.Duration // for each piece

	status int   // 0 before it is written
	bytes  int64 // of the body
	cut    bool  // not all could be written
}

// pieceBytes is how much of an answer has to be taken at a time.
const pieceBytes = 256 << 10

func newAnswer(w http.ResponseWriter, pieceTime time.Duration) *answer {
	return &answer{ResponseWriter: w, connection: http.NewResponseController(w), time: pieceTime}
}

// WriteHeader is http.ResponseWriter's.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 { // others are not final (RFC 9110, section 15.2)
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// begin gives the next piece its time. An error says that the connection knows no deadlines, as
// those of tests.
func (a *answer) begin() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	_ = a.connection.SetWriteDeadline(time.Now().Add(a.time))
}

// Write sends b piece by piece.
func (a *answer) Write(b []byte) (sent int, err error) {
	for first := true; first || sent < len(b) && err == nil; first = false {
		a.begin()
		var n int
		n, err = a.ResponseWriter.Write(b[sent:min(sent+pieceBytes, len(b))])
		sent += n
	}
	a.count(int64(sent), err)
	return sent, err
}

// ReadFrom sends what r has piece by piece; a file as it is, where the connection can (sendfile).
func (a *answer) ReadFrom(r io.Reader) (sent int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{a}, r)
	}
	for limited.N > 0 && err == nil {
		a.begin()
		piece := &io.LimitedReader{R: limited.R, N: min(pieceBytes, limited.N)}
		var n int64
		n, err = io.Copy(a.ResponseWriter, piece)
		sent += n
		limited.N -= n
		if n == 0 {
			break
		}
	}
	a.count(sent, err)
	return sent, err
}

func (a *answer) count(sent int64, err error) {
	a.bytes += sent
	if err != nil && err != http.ErrBodyNotAllowed { // which a HEAD gets
		a.cut = true
	}
}

// Unwrap leads http.ResponseController to the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
