#pragma once
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// An eventfd that never blocks and is not inherited by child processes; -1 with errno on failure.
static inline int headframe_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/// Names the calling thread in the process table; the system keeps 15 bytes.
static inline void headframe_name_thread(const char *name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }
