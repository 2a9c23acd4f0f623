package av

// Copying makes an engine that lets no segment refer to its video.
func Copying(e *Engine) *Engine {
	e.copying = true
	return e
}
