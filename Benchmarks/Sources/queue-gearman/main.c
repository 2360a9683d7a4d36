/// How many background jobs a gearmand takes a second: what the queue benchmarks are compared with.
///
/// N clients, each with a connection and a thread of its own, submit one job after the other and wait for its handle, which gearmand sends
/// once its queue has the job. Prints one line of JSON.

#include "measuring.h"
#include <libgearman/gearman.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char program[] = "queue-gearman";
const char usage[] =
    "usage: queue-gearman --port PORT [--payload BYTES] [--in-flight N] [--seconds S]\n"
    "  --port       where gearmand listens on 127.0.0.1\n"
    "  --payload    bytes of a job's workload (100)\n"
    "  --in-flight  how many clients submit at once (100)\n"
    "  --seconds    how long to measure (2)\n";

struct workload {
    size_t port, payload_bytes, in_flight, seconds;
};

struct client {
    pthread_t thread;
    const struct workload *load;
    size_t number, count, room;
    double *microseconds;
};

static int64_t begin, end;

static struct workload parse(int count, char **arguments) {
    struct workload load = {.port = 0, .payload_bytes = 100, .in_flight = 100, .seconds = 2};
    for (int i = 1; i < count; i += 2) {
        const char *option = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (!strcmp(option, "--port")) load.port = number_option(option, value, 1);
        else if (!strcmp(option, "--payload")) load.payload_bytes = number_option(option, value, 1);
        else if (!strcmp(option, "--in-flight")) load.in_flight = number_option(option, value, 1);
        else if (!strcmp(option, "--seconds")) load.seconds = number_option(option, value, 1);
        else misused("unknown option %s", option);
    }
    if (!load.port) misused("--port is missing");
    return load;
}

static void note(struct client *client, double microseconds) {
    if (client->count == client->room) {
        client->room = client->room ? 2 * client->room : 1024;
        client->microseconds = realloc(client->microseconds, client->room * sizeof *client->microseconds);
        if (!client->microseconds) exit(1);
    }
    client->microseconds[client->count++] = microseconds;
}

static void *submit(void *context) {
    struct client *client = context;
    gearman_client_st *gearman = gearman_client_create(NULL);
    if (!gearman || gearman_failed(gearman_client_add_server(gearman, "127.0.0.1", (in_port_t)client->load->port))) {
        fprintf(stderr, "queue-gearman: no client\n");
        exit(1);
    }
    char *payload = malloc(client->load->payload_bytes);
    if (!payload) exit(1);
    for (size_t i = 0; i < client->load->payload_bytes; i++) payload[i] = (char)('a' + i % 26);
    int64_t start = now_nanoseconds();
    for (size_t number = 0; start < end; number++) {
        char unique[64], handle[GEARMAN_JOB_HANDLE_SIZE];
        snprintf(unique, sizeof unique, "%zu-%zu", client->number, number);
        gearman_return_t status = gearman_client_do_background(
            gearman, "bench", unique, payload, client->load->payload_bytes, handle);
        if (gearman_failed(status)) {
            fprintf(stderr, "queue-gearman: submitting failed: %s\n", gearman_client_error(gearman));
            exit(1);
        }
        int64_t now = now_nanoseconds();
        if (start >= begin) note(client, (now - start) / 1000.0);
        start = now;
    }
    free(payload);
    gearman_client_free(gearman);
    return NULL;
}

int main(int count, char **arguments) {
    struct workload load = parse(count, arguments);
    struct client *clients = calloc(load.in_flight, sizeof *clients);
    if (!clients) return 1;
    begin = now_nanoseconds() + 300000000;
    end = begin + (int64_t)load.seconds * 1000000000;
    for (size_t i = 0; i < load.in_flight; i++) {
        clients[i].load = &load;
        clients[i].number = i;
        if (pthread_create(&clients[i].thread, NULL, submit, &clients[i])) {
            fprintf(stderr, "queue-gearman: no thread\n");
            return 1;
        }
    }
    size_t total = 0;
    for (size_t i = 0; i < load.in_flight; i++) {
        pthread_join(clients[i].thread, NULL);
        total += clients[i].count;
    }
    double *all = malloc((total + 1) * sizeof *all);
    if (!all || !total) {
        fprintf(stderr, "queue-gearman: no job was taken\n");
        return 1;
    }
    size_t filled = 0;
    for (size_t i = 0; i < load.in_flight; i++) {
        memcpy(all + filled, clients[i].microseconds, clients[i].count * sizeof *all);
        filled += clients[i].count;
    }
    struct latency latency = latency_of(all, total);
    printf("{\"benchmark\":\"queue-gearman\",\"payloadBytes\":%zu,\"inFlight\":%zu,\"entriesPerSecond\":%.1f,"
           "\"p50Microseconds\":%.1f,\"p99Microseconds\":%.1f}\n",
           load.payload_bytes, load.in_flight, total / (double)load.seconds, latency.p50_microseconds,
           latency.p99_microseconds);
    return 0;
}
