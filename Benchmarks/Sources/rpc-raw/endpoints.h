/// The two ends: a server process that echoes, and a client in this one.
#pragma once
#include <sys/types.h>

struct server {
    pid_t pid;
    char endpoint[256];
};

struct client {
    void *context;
    void *socket;
};

/// Starts this program again as the server and waits until it listens.
struct server start_server(void);
void stop_server(struct server *server);

/// The body of the server process; the kernel ends it with its parent.
_Noreturn void serve_until_killed(void);

struct client connect_client(const char *endpoint);
void close_client(struct client *client);

/// Ends the program when `status` says that `what` failed, with the reason.
void check(int status, const char *what);
