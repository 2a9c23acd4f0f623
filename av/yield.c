// Threads of the least priority make way for others when these wake up, but not at once when they stop: among the threads
// that can run, Linux chooses by how much time each one is owed (eligibility, in EEVDF), and one of SCHED_IDLE that is owed a
// little is chosen before another that is not. It then runs until the next tick of the clock, 4 ms at 250 Hz, or until
// something else wakes up there, while a request waits that takes a tenth of that. So while there are requests, a timer has each
// thread of an encode yield often, which is when Linux chooses anew.
//
// https://docs.kernel.org/scheduler/sched-eevdf.html
#define _GNU_SOURCE
#include "yield.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

// How often a thread yields, and how long after the last request, in ns. An encode takes about an eighth longer for that.
enum { EVERY = 200 * 1000 };
static const int64_t WHILE = 250 * 1000 * 1000;

static atomic_int_fast64_t wanted_until;
static atomic_long yields;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

static int signal_number(void) { return SIGRTMIN + 8; }

// What has the calling thread yield.
static __thread gop_yielder *mine;

static void set(gop_yielder *y, int ticks)
{
	struct itimerspec times = {0};

	if (ticks)
		times.it_value.tv_nsec = times.it_interval.tv_nsec = EVERY;
	timer_settime(y->timer, 0, &times, NULL);
	y->ticks = ticks;
}

static int wanted(void) { return now() < atomic_load_explicit(&wanted_until, memory_order_relaxed); }

static void yield(int number)
{
	int kept = errno;

	(void)number;
	sched_yield();
	atomic_fetch_add_explicit(&yields, 1, memory_order_relaxed);
	if (mine && mine->ticks && !wanted()) // one that waits does not look, as a decoder's
		set(mine, 0);
	errno = kept;
}

// A thread that logs runs Go for that, which has a stack of its own for signals (os/signal, "Non-Go programs that call Go code").
static void install(void)
{
	struct sigaction action = {.sa_handler = yield, .sa_flags = SA_RESTART | SA_ONSTACK};

	sigaction(signal_number(), &action, NULL);
}

void gop_make_way(void) { atomic_store_explicit(&wanted_until, now() + WHILE, memory_order_relaxed); }

long gop_yields(void) { return atomic_load_explicit(&yields, memory_order_relaxed); }

// begin makes the timer, which is not set. Where the system has no more of them, the thread does without.
static void begin(gop_yielder *y)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal_number()};

	pthread_once(&once, install);
	event.sigev_notify_thread_id = gettid();
	y->begun = timer_create(CLOCK_MONOTONIC, &event, &y->timer) ? -1 : 1;
}

void gop_yield_look(gop_yielder *y)
{
	if (y->ticks || !wanted())
		return;
	if (!y->begun)
		begin(y);
	if (y->begun < 0)
		return;
	mine = y;
	set(y, 1);
}

void gop_yield_rest(void)
{
	if (mine && mine->ticks)
		set(mine, 0);
}

void gop_yield_end(gop_yielder *y)
{
	if (mine == y)
		mine = NULL;
	if (y->begun > 0)
		timer_delete(y->timer);
	*y = (gop_yielder){0};
}
