/// What libzmq alone can do: the yardstick of the RPC benchmarks.
///
/// The program starts itself as its server, a ROUTER that sends every message back, and talks to it through a DEALER over
/// TCP loopback in the frames of an RPC: `["", payload]`. Blocking calls, one thread each. Prints one line of JSON.

#include "endpoints.h"
#include "measure.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char program[] = "rpc-raw";
const char usage[] =
    "usage: rpc-raw [--payload BYTES] [--round-trips N] [--requests N] [--in-flight N]\n"
    "  --payload      bytes of a request and of its reply, 8 or more (100)\n"
    "  --round-trips  how many to make one at a time (50000)\n"
    "  --requests     how many to make with several in flight (500000)\n"
    "  --in-flight    how many requests to keep under way (64)\n";

static struct workload parse(int count, char **arguments) {
    struct workload load = {.payload_bytes = 100, .round_trips = 50000, .requests = 500000, .in_flight = 64};
    for (int i = 1; i < count; i += 2) {
        const char *option = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (!strcmp(option, "--payload")) load.payload_bytes = number_option(option, value, 8);
        else if (!strcmp(option, "--round-trips")) load.round_trips = number_option(option, value, 1);
        else if (!strcmp(option, "--requests")) load.requests = number_option(option, value, rounds);
        else if (!strcmp(option, "--in-flight")) load.in_flight = number_option(option, value, 1);
        else misused("unknown option %s", option);
    }
    return load;
}

int main(int count, char **arguments) {
    if (count == 2 && !strcmp(arguments[1], "--serve")) serve_until_killed();
    struct workload load = parse(count, arguments);

    struct server server = start_server();
    struct client client = connect_client(server.endpoint);
    struct latency latency = measure_round_trips(client.socket, &load);
    double throughput = measure_throughput(client.socket, &load);
    close_client(&client);
    stop_server(&server);

    printf("{\"benchmark\":\"rpc-raw\",\"payloadBytes\":%zu,\"roundTrips\":%zu,"
           "\"p50Microseconds\":%.1f,\"p99Microseconds\":%.1f,"
           "\"inFlight\":%zu,\"requests\":%zu,\"requestsPerSecond\":%.0f}\n",
           load.payload_bytes, load.round_trips, latency.p50_microseconds, latency.p99_microseconds, load.in_flight,
           load.requests, throughput);
    return 0;
}
