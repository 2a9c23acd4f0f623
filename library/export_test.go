package library

import (
	"context"
	"io"
)

// Storage is storage, for tests of sources that hang.
type Storage = storage

// Functions and limits of storage.
var (
	NewStorage = newStorage
	ErrStalled = errStalled
)

// Limits of storage.
const (
	YieldTime = yieldTime
	StallTime = stallTime
	NameShare = nameShare
)

// Call is callStorage.
func (s *storage) Call(ctx context.Context, name string, work func() error) error {
	_, err := callStorage(ctx, s, name, func() (struct{}, error) { return struct{}{}, work() }, nil)
	return err
}

// Close is close.
func (s *storage) Close(file io.Closer) { s.close(file) }

// Stalled returns the number of stalled calls.
func (s *storage) Stalled() int { return int(s.stalled.Load()) }

// CheckStalled is check.
func (s *storage) CheckStalled() error { return s.check() }
