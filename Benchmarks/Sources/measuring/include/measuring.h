/// What the programs in C have in common: a clock, options that are numbers, medians.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Each program says how it is called, which its messages begin with, and what it may be told.
extern const char program[], usage[];

/// The time of a clock that is never set.
int64_t now_nanoseconds(void);

/// Ends the program, as one that was called in a wrong way: says what is wrong, and the usage.
_Noreturn void misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The number that `text` is; ends the program when it is none from `minimum` to 100,000,000.
size_t number_option(const char *option, const char *text, size_t minimum);

/// Of one value at least; sorts them.
double median(double *values, size_t count);

struct latency {
    double p50_microseconds;
    double p99_microseconds;
};

/// Of one value at least; sorts them.
struct latency latency_of(double *microseconds, size_t count);
