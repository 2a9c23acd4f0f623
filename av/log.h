#ifndef GOP_LOG_H
#define GOP_LOG_H

// gop_log_install sends what libav logs to the log of the work that it logs for, which is known by its thread.
void gop_log_install(void);

// gop_log_thread is the thread that the calling one works for, or itself.
int gop_log_thread(void);

// gop_log_for says that the calling thread works for another, whose log gets what it logs.
void gop_log_for(int thread);

#endif
