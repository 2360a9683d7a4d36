"""A stock zerorpc server for the tests. It prints its endpoint, then serves until it is killed."""

import gevent
import zerorpc
import zmq


class Samples:
    """One method for each thing that a caller has to cope with."""

    def add(self, a, b=2):
        """The sum of two numbers."""
        return a + b

    def echo(self, *arguments):
        """Its arguments, as a list."""
        return list(arguments)

    def kinds(self):
        """A value of every kind."""
        return {
            "none": None,
            "true": True,
            "small": -7,
            "large": 2**64 - 1,
            "fraction": 1.5,
            "text": "Grüße, 採掘",
            "bytes": b"\x00\xff",
            "list": [1, [2, []]],
            "map": {"a": {}},
        }

    def boom(self, message):
        """Fails."""
        raise ValueError(message)

    def slow(self, seconds):
        """Takes its time."""
        gevent.sleep(seconds)
        return "done"

    @zerorpc.stream
    def count(self, until):
        """The numbers below a number."""
        return iter(range(until))

    @zerorpc.stream
    def broken(self, until):
        """A stream that fails after so many items."""
        yield from range(until)
        raise KeyError("broken")


def main():
    server = zerorpc.Server(Samples())
    server.bind("tcp://127.0.0.1:*")
    print(server._events._socket.getsockopt(zmq.LAST_ENDPOINT).decode().rstrip("\0"), flush=True)
    server.run()


main()
