#include "measure.h"
#include "endpoints.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory) return memory;
    fprintf(stderr, "rpc-raw: no memory for %zu values\n", count);
    exit(1);
}

/// Sends `["", payload]`; the payload begins with the request's number.
static void send_request(void *dealer, uint64_t number, size_t payload_bytes) {
    zmq_msg_t payload;
    check(zmq_msg_init_size(&payload, payload_bytes), "making a request");
    memset(zmq_msg_data(&payload), 'x', payload_bytes);
    memcpy(zmq_msg_data(&payload), &number, sizeof number);
    check(zmq_send(dealer, "", 0, ZMQ_SNDMORE), "sending a request");
    check(zmq_msg_send(&payload, dealer, 0), "sending a request");
}

/// Receives a reply and makes sure that it is the one to request `number`.
static void receive_reply(void *dealer, uint64_t number, size_t payload_bytes) {
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    check(zmq_msg_recv(&frame, dealer, 0), "receiving a reply");
    check(zmq_msg_recv(&frame, dealer, 0), "receiving a reply");
    uint64_t answered = 0;
    if (zmq_msg_size(&frame) == payload_bytes) memcpy(&answered, zmq_msg_data(&frame), sizeof answered);
    if (answered != number || zmq_msg_more(&frame)) {
        fprintf(stderr, "rpc-raw: got something other than the reply to request %llu\n", (unsigned long long)number);
        exit(1);
    }
    zmq_msg_close(&frame);
}

struct latency measure_round_trips(void *dealer, const struct workload *load) {
    const size_t warm_up = 2000;
    double *microseconds = allocate(load->round_trips, sizeof *microseconds);
    for (size_t i = 0; i < warm_up + load->round_trips; i++) {
        int64_t start = now_nanoseconds();
        send_request(dealer, i + 1, load->payload_bytes);
        receive_reply(dealer, i + 1, load->payload_bytes);
        if (i >= warm_up) microseconds[i - warm_up] = (now_nanoseconds() - start) / 1000.0;
    }
    struct latency latency = latency_of(microseconds, load->round_trips);
    free(microseconds);
    return latency;
}

static double measure_round(void *dealer, size_t requests, size_t in_flight, size_t payload_bytes) {
    size_t sent = 0;
    int64_t start = now_nanoseconds();
    for (size_t received = 0; received < requests; received++) {
        while (sent < requests && sent - received < in_flight) send_request(dealer, ++sent, payload_bytes);
        receive_reply(dealer, received + 1, payload_bytes);
    }
    return requests * 1e9 / (now_nanoseconds() - start);
}

double measure_throughput(void *dealer, const struct workload *load) {
    double per_second[rounds];
    for (int i = 0; i < rounds; i++) {
        per_second[i] = measure_round(dealer, load->requests / rounds, load->in_flight, load->payload_bytes);
    }
    return median(per_second, rounds);
}
