"""A stock zerorpc client at work, for the tests: what it got comes out as JSON, one object a line.

    zerorpc_client.py ENDPOINT call METHOD [ARGUMENT as JSON ...]
    zerorpc_client.py ENDPOINT stream METHOD SECONDS [ARGUMENT as JSON ...]

A call prints {"result": ...}, or {"error": name, "message": text} for an error of the remote side. A stream prints
{"item": ...} for each item, at once, and at last {"seconds": how long it was followed}, or the error that ended it.
Heartbeats and everything else are zerorpc's defaults.
"""

import json
import sys
import time

import gevent
import zerorpc


def say(**line):
    print(json.dumps(line), flush=True)


def follow(stream, seconds):
    begun = time.monotonic()
    try:
        with gevent.Timeout(seconds, False):
            for item in stream:
                say(item=item)
    finally:
        say(seconds=time.monotonic() - begun)


def main():
    endpoint, kind, method, *rest = sys.argv[1:]
    client = zerorpc.Client(endpoint)
    try:
        if kind == "stream":
            seconds, *rest = rest
            follow(client(method, *map(json.loads, rest)), float(seconds))
        else:
            say(result=client(method, *map(json.loads, rest)))
    except zerorpc.RemoteError as error:
        say(error=error.name, message=error.msg)
    except (zerorpc.LostRemote, zerorpc.TimeoutExpired) as error:
        say(lost=type(error).__name__, message=str(error))
    finally:
        client.close()


main()
