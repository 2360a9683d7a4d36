"""The same round trips through stock Python zerorpc: one process serves, one calls. Prints one line of JSON."""

import json
import os
import subprocess
import sys
import time

import gevent
import zerorpc

PAYLOAD = b"\x07" * 100
ROUND_TRIPS = int(os.environ.get("ROUND_TRIPS", "3000"))
REQUESTS = int(os.environ.get("REQUESTS", "10000"))
IN_FLIGHT = 64


class Echo:
    def echo(self, value):
        return value


def serve():
    server = zerorpc.Server(Echo())
    server.bind("tcp://127.0.0.1:0")
    endpoint = server._events._socket.getsockopt(zerorpc.zmq.LAST_ENDPOINT).decode().rstrip("\0")
    print(endpoint, flush=True)
    server.run()


def measure(endpoint):
    client = zerorpc.Client(endpoint)
    for _ in range(200):
        client.echo(PAYLOAD)
    latencies = []
    for _ in range(ROUND_TRIPS):
        start = time.perf_counter()
        client.echo(PAYLOAD)
        latencies.append(time.perf_counter() - start)
    latencies.sort()

    def caller():
        for _ in range(REQUESTS // IN_FLIGHT):
            client.echo(PAYLOAD)

    start = time.perf_counter()
    gevent.joinall([gevent.spawn(caller) for _ in range(IN_FLIGHT)], raise_error=True)
    rate = (REQUESTS // IN_FLIGHT * IN_FLIGHT) / (time.perf_counter() - start)
    print(json.dumps({
        "benchmark": "zerorpc-python", "payloadBytes": len(PAYLOAD), "roundTrips": ROUND_TRIPS,
        "p50Microseconds": round(latencies[len(latencies) // 2] * 1e6, 1),
        "p99Microseconds": round(latencies[len(latencies) * 99 // 100] * 1e6, 1),
        "inFlight": IN_FLIGHT, "requests": REQUESTS, "requestsPerSecond": round(rate),
    }))


def main():
    if sys.argv[1:] == ["--serve"]:
        return serve()
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        measure(server.stdout.readline().strip())
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
