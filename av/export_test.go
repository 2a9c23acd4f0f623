package av

// Copying makes an engine that lets no segment refer to its video.
func Copying(e *Engine) *Engine {
	e.copying = true
	return e
}

// Thorough makes an engine that takes no way around libav.
func Thorough(e *Engine) *Engine {
	e.thorough = true
	return e
}
