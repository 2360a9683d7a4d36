/// What is measured, through a connected DEALER.
#pragma once
#include "measuring.h"

struct workload {
    size_t payload_bytes;
    size_t round_trips;
    size_t requests;
    size_t in_flight;
};

/// The throughput is the median of this many rounds, because one of them may be disturbed.
enum { rounds = 5 };

/// Round trips one at a time, after a warm-up.
struct latency measure_round_trips(void *dealer, const struct workload *load);

/// Requests a second with `in_flight` of them under way.
double measure_throughput(void *dealer, const struct workload *load);
