package av

/*
#include "yield.h"
*/
import "C"

// MakeWay says that somebody asks for what is not an encode: for the next quarter of a second, the threads of encodes, of all
// engines, yield often to those that wait for a processor.
func (e *Engine) MakeWay() { C.gop_make_way() }

// yields is how often threads of encodes have yielded.
func yields() int { return int(C.gop_yields()) }
