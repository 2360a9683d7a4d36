#include "measuring.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void misused(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n%s", usage);
    va_end(arguments);
    exit(64);
}

size_t number_option(const char *option, const char *text, size_t minimum) {
    char *end = NULL;
    unsigned long value = text ? strtoul(text, &end, 10) : 0;
    if (!end || *end || value < minimum || value > 100000000) {
        misused("%s needs a number from %zu to 100000000", option, minimum);
    }
    return value;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

struct latency latency_of(double *microseconds, size_t count) {
    struct latency latency = {.p50_microseconds = median(microseconds, count)};
    latency.p99_microseconds = microseconds[count * 99 / 100];
    return latency;
}
