/// What the disk alone can do: the yardstick of the queue benchmarks.
///
/// With N payloads in flight, nothing can be faster than one write of all N at the end of a file and one fdatasync of it, again and again:
/// so that is what is measured, at the end of a growing file, or with room of zeros written ahead as the log does it. Prints one line of JSON.

#define _GNU_SOURCE
#include "measuring.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char program[] = "queue-raw";
const char usage[] =
    "usage: queue-raw --folder PATH [--payload BYTES] [--in-flight N] [--seconds S] [--file growing|ahead]\n"
    "  --folder     where the file is made and removed again\n"
    "  --payload    bytes of a payload (100)\n"
    "  --in-flight  payloads in a write (100)\n"
    "  --seconds    how long to measure (2)\n"
    "  --file       growing: appended to. ahead: with 1 MiB of zeros written behind the payloads whenever the last are used up\n";

enum file { growing, ahead };

struct workload {
    const char *folder;
    size_t payload_bytes, in_flight, seconds;
    enum file file;
};

static const off_t segment_bytes = 64 << 20, room_bytes = 1 << 20;

static void check(int status, const char *doing) {
    if (status >= 0) return;
    fprintf(stderr, "queue-raw: %s failed: %s\n", doing, strerror(errno));
    exit(1);
}

static struct workload parse(int count, char **arguments) {
    struct workload load = {.payload_bytes = 100, .in_flight = 100, .seconds = 2, .file = growing};
    for (int i = 1; i < count; i += 2) {
        const char *option = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (!strcmp(option, "--payload")) load.payload_bytes = number_option(option, value, 1);
        else if (!strcmp(option, "--in-flight")) load.in_flight = number_option(option, value, 1);
        else if (!strcmp(option, "--seconds")) load.seconds = number_option(option, value, 1);
        else if (!strcmp(option, "--folder") && value) load.folder = value;
        else if (!strcmp(option, "--file") && value && !strcmp(value, "growing")) load.file = growing;
        else if (!strcmp(option, "--file") && value && !strcmp(value, "ahead")) load.file = ahead;
        else misused("unknown option %s", option);
    }
    if (!load.folder) misused("--folder is missing");
    return load;
}

static void write_all(int file, const char *bytes, size_t count, off_t offset) {
    while (count > 0) {
        ssize_t written = pwrite(file, bytes, count, offset);
        check(written > 0 ? 0 : -1, "writing");
        bytes += written;
        offset += written;
        count -= written;
    }
}

static void name_segment(char *path, size_t room, const struct workload *load, size_t number) {
    snprintf(path, room, "%s/queue-raw-%zu.segment", load->folder, number);
}

static int begin_segment(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    check(file, "making the file");
    check(fsync(file), "forcing the new file to the disk");
    return file;
}

int main(int count, char **arguments) {
    struct workload load = parse(count, arguments);
    char path[4096];
    size_t batch_bytes = load.payload_bytes * load.in_flight;
    off_t bytes = segment_bytes;
    while (bytes < 4 * (off_t)batch_bytes) bytes *= 2;
    char *batch = malloc(batch_bytes);
    if (!batch) return 1;
    for (size_t i = 0; i < batch_bytes; i++) batch[i] = (char)(i * 31);

    char *zeros = calloc(1, room_bytes);
    if (!zeros) return 1;
    // As the log has it: a batch of more than a quarter of the room gets none.
    int has_room = load.file == ahead && 4 * (off_t)batch_bytes <= room_bytes;

    const size_t most = 4000000;
    double *microseconds = malloc(most * sizeof *microseconds);
    if (!microseconds) return 1;
    size_t batches = 0, segments = 0;
    int64_t busy = 0;
    // Like the log's, whose entries nobody runs here, all stay until the end: on memory that was just given back, the system writes several
    // times as fast. What it takes to begin a segment is not counted; the log begins one every 16 MiB.
    while (busy < (int64_t)load.seconds * 1000000000 && batches < most) {
        name_segment(path, sizeof path, &load, segments++);
        int file = begin_segment(path);
        off_t room_end = 0;
        for (off_t at = 0; at + (off_t)batch_bytes <= bytes && batches < most; at += batch_bytes) {
            int64_t start = now_nanoseconds();
            write_all(file, batch, batch_bytes, at);
            if (has_room && at + (off_t)batch_bytes > room_end) {
                room_end = at + batch_bytes + room_bytes;
                write_all(file, zeros, room_bytes, at + batch_bytes);
            }
            check(fdatasync(file), "forcing the batch to the disk");
            int64_t took = now_nanoseconds() - start;
            microseconds[batches++] = took / 1000.0;
            busy += took;
            if (busy >= (int64_t)load.seconds * 1000000000) break;
        }
        check(close(file), "closing the file");
    }
    for (size_t number = 0; number < segments; number++) {
        name_segment(path, sizeof path, &load, number);
        check(unlink(path), "removing a segment");
    }
    struct latency latency = latency_of(microseconds, batches);
    static const char *names[] = {"growing", "ahead"};
    printf("{\"benchmark\":\"queue-raw\",\"file\":\"%s\",\"payloadBytes\":%zu,\"inFlight\":%zu,"
           "\"entriesPerSecond\":%.0f,\"p50Microseconds\":%.1f,\"p99Microseconds\":%.1f,\"batches\":%zu}\n",
           names[load.file], load.payload_bytes, load.in_flight, batches * load.in_flight * 1e9 / busy,
           latency.p50_microseconds, latency.p99_microseconds, batches);
    return 0;
}
