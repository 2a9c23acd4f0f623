package video

import "context"

type clientKey struct{}

// WithClient returns a context of a request from a client. Equal names mean the same client.
func WithClient(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, clientKey{}, name)
}

// ClientOf returns the name of the client that a request comes from, or "" if it is unknown.
func ClientOf(ctx context.Context) string {
	name, _ := ctx.Value(clientKey{}).(string)
	return name
}
