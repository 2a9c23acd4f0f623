#ifndef GOP_YIELD_H
#define GOP_YIELD_H

#include <signal.h>
#include <time.h>

// What has a thread yield. One of zeros is not begun.
typedef struct gop_yielder {
	timer_t timer;
	int begun;
	volatile sig_atomic_t ticks;
} gop_yielder;

// gop_make_way has the threads that look yield for the next quarter of a second. Any thread may call it.
void gop_make_way(void);

// gop_yield_look has the calling thread, each time with the same yielder, yield from now on as long as gop_make_way wants it. It is
// to be called often, by a thread of C's.
void gop_yield_look(gop_yielder *y);

// gop_yield_rest has the calling thread yield no more until it looks again: it is about to wait.
void gop_yield_rest(void);

// gop_yield_end ends that. It is called by the yielder's thread, or once that has ended.
void gop_yield_end(gop_yielder *y);

// gop_yields is how often threads have yielded.
long gop_yields(void);

#endif
