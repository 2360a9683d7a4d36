#include "endpoints.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

void check(int status, const char *what) {
    if (status >= 0) return;
    fprintf(stderr, "rpc-raw: %s failed: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void *open_socket(void *context, int kind) {
    void *socket = zmq_socket(context, kind);
    check(socket ? 0 : -1, "opening a socket");
    int none = 0;
    check(zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none), "setting the linger");
    return socket;
}

_Noreturn void serve_until_killed(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    void *router = open_socket(zmq_ctx_new(), ZMQ_ROUTER);
    check(zmq_bind(router, "tcp://127.0.0.1:*"), "binding tcp://127.0.0.1:*");
    char endpoint[256];
    size_t size = sizeof endpoint;
    check(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size), "reading the endpoint");
    printf("%s\n", endpoint);
    fflush(stdout);

    zmq_msg_t frame;
    zmq_msg_init(&frame);
    for (;;) {
        int more;
        do {
            check(zmq_msg_recv(&frame, router, 0), "receiving a request");
            more = zmq_msg_more(&frame);
            check(zmq_msg_send(&frame, router, more ? ZMQ_SNDMORE : 0), "sending a reply");
        } while (more);
    }
}

struct server start_server(void) {
    int pipe_ends[2];
    check(pipe(pipe_ends), "making a pipe");
    struct server server = {.pid = fork()};
    check(server.pid, "starting the server process");
    if (server.pid == 0) {
        dup2(pipe_ends[1], STDOUT_FILENO);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        execl("/proc/self/exe", "rpc-raw", "--serve", (char *)NULL);
        _exit(127);
    }
    close(pipe_ends[1]);
    FILE *output = fdopen(pipe_ends[0], "r");
    if (!output || !fgets(server.endpoint, sizeof server.endpoint, output)) {
        fprintf(stderr, "rpc-raw: the server process ended before it listened\n");
        exit(1);
    }
    fclose(output);
    server.endpoint[strcspn(server.endpoint, "\n")] = 0;
    return server;
}

void stop_server(struct server *server) {
    kill(server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR) {}
}

struct client connect_client(const char *endpoint) {
    struct client client = {.context = zmq_ctx_new()};
    client.socket = open_socket(client.context, ZMQ_DEALER);
    int patience_ms = 5000;
    check(zmq_setsockopt(client.socket, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms), "setting the deadline");
    check(zmq_connect(client.socket, endpoint), "connecting");
    return client;
}

void close_client(struct client *client) {
    zmq_close(client->socket);
    zmq_ctx_term(client->context);
}
