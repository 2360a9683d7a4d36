"""A peer that means harm: throws all kinds of garbage at a service's port, over raw ZeroMQ sockets and raw TCP.

    zerorpc_hostile.py PORT SEED

Prints one JSON object: how many messages of each kind it sent.
"""

import json
import os
import random
import socket
import sys
import time
import uuid

import msgpack
import zmq

MEGABYTE = 1024 * 1024


def event(name, arguments, **header):
    header = {"message_id": uuid.uuid4().hex.encode(), "v": 3, **header}
    return msgpack.packb([header, name, arguments])


class Attacker:
    def __init__(self, port, seed):
        self.port = port
        self.dice = random.Random(seed)
        self.context = zmq.Context()
        self.sent = {}

    def dealer(self):
        dealer = self.context.socket(zmq.DEALER)
        dealer.setsockopt(zmq.LINGER, 3000)
        dealer.setsockopt(zmq.SNDHWM, 0)
        dealer.connect(f"tcp://127.0.0.1:{self.port}")
        return dealer

    def throw(self, kind, messages):
        """Sends messages, each a list of frames, over a connection of their own."""
        with self.dealer() as dealer:
            for frames in messages:
                dealer.send_multipart(frames)
                self.sent[kind] = self.sent.get(kind, 0) + 1

    def bytes(self, most):
        return self.dice.randbytes(self.dice.randrange(most))

    # What a decoder gets to see.

    def random_bytes(self):
        self.throw("random bytes", ([b"", self.bytes(300)] for _ in range(5000)))

    def truncated(self):
        whole = event("job", ["x" * 40, {"a": [1, 2.5, None, True]}])
        self.throw("truncated", ([b"", whole[:length]] for length in range(len(whole))))
        self.throw("flipped", ([b"", self.flipped(whole)] for _ in range(3000)))

    def flipped(self, message):
        changed = bytearray(message)
        for _ in range(self.dice.randrange(1, 4)):
            changed[self.dice.randrange(len(changed))] ^= 1 << self.dice.randrange(8)
        return bytes(changed)

    def not_events(self):
        values = [
            None, 7, "text", [], [1], [{}, "status"], [{}, "status", []], [None, "status", []], [[], "status", []],
            [{"message_id": None, "v": 3}, "status", []], [{"message_id": b"", "v": 3}, "status", []],
            [{"message_id": b"i" * 100000, "v": 3}, "status", []], [{"message_id": 7, "v": 3}, "status", []],
            [{"message_id": {"a": 1}, "v": 3}, "status", []], [{"message_id": b"v", "v": "three"}, "status", []],
            [{"message_id": b"n", "v": 3}, None, []], [{"message_id": b"o", "v": 3}, b"status", []],
            [{"message_id": b"a", "v": 3}, "status", None], [{"message_id": b"m", "v": 3}, "status", {"a": 1}],
            [{"message_id": b"s", "v": 3}, "status", "text"], [{"message_id": b"l", "v": 3}, "x" * 100000, []],
            [{"message_id": b"f", "v": 3}, "status", [], "four"],
        ]
        self.throw("no events", ([b"", msgpack.packb(value)] for value in values for _ in range(20)))
        deep = b"\x91" * 100000 + b"\xc0"
        self.throw("deep", [[b"", deep]] * 20)
        announced = [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"]
        self.throw("announced too much", ([b"", b"\x93" + start] for start in announced * 20))

    def frames(self):
        good = event("status", [])
        self.throw("frames", [[good], [b""], [b"", b""], [b"", good, good], [good, b""], [b"x", b"y", good]] * 50)
        self.throw("many frames", [[b"r"] * 200 + [b"", good]] * 50)
        self.throw("empty frames", [[b""] * 1000] * 20)

    # What a service gets to see.

    def unknown(self):
        names = ["nothing", "", "__del__", "_mesh_nothing", "_zpc_nothing", "_mesh_drain", "_mesh_cancel", "OK", "ERR",
                 "STREAM", "STREAM_DONE", "../../etc/passwd", "\0"]
        self.throw("unknown names", ([b"", event(name, [])] for name in names for _ in range(50)))
        self.throw(
            "unknown channels",
            ([b"", event(name, [5], response_to=uuid.uuid4().hex.encode())]
             for name in ["_zpc_more", "_zpc_hb", "OK", "STREAM", "_mesh_cancel"] for _ in range(200)))

    def arguments(self):
        values = [[], [1], [None], [{}], [[]], ["x"], ["x"] * 1000, ["y" * 1000000], [-1], [2.5], [b"\xff"], ["a", "b"]]
        self.throw(
            "arguments",
            ([b"", event(name, value)] for name in ["job", "notify", "status", "jobs"] for value in values))

    def credit(self):
        """Streams with absurd credit, and streams that are opened and never read."""
        for amount in [2**64 - 1, 2**63, -1, -(2**63), 0, 1.5, "many", None, [1], 10**9]:
            stream = uuid.uuid4().hex.encode()
            opener = msgpack.packb([{"message_id": stream, "v": 3}, "jobs", []])
            more = [b"", event("_zpc_more", [amount], response_to=stream)]
            self.throw("credit", [[b"", opener]] + [more] * 50)
        self.throw("streams never read", ([b"", event("jobs", [])] for _ in range(2000)))
        same = msgpack.packb([{"message_id": b"same", "v": 3}, "jobs", []])
        self.throw("one id many times", [[b"", same]] * 200)

    def large(self):
        for size in [33, 100]:
            with self.dealer() as dealer:
                dealer.setsockopt(zmq.LINGER, 500)
                dealer.send_multipart([b"", event("job", ["z" * (size * MEGABYTE)])])
            self.sent["large"] = self.sent.get("large", 0) + 1
        for _ in range(5):
            with self.dealer() as dealer:
                dealer.setsockopt(zmq.LINGER, 500)
                dealer.send_multipart([b"", b"\xc1" * (20 * MEGABYTE)])
            self.sent["large garbage"] = self.sent.get("large garbage", 0) + 1

    # What libzmq gets to see.

    def tcp(self):
        greeting = bytes([0xFF]) + bytes(8) + bytes([0x7F, 3, 0]) + b"NULL".ljust(20, b"\0") + bytes(32)
        openings = [
            b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"*1\r\n$4\r\nPING\r\n", os.urandom(5000), greeting,
            greeting[:20], greeting + os.urandom(100), greeting + b"\x04\xff" + os.urandom(255),
            greeting + b"\x06" + b"\xff" * 8, b"\xff" * 100000,
        ]
        held = []
        for opening in openings * 10:
            connection = socket.create_connection(("127.0.0.1", self.port))
            connection.settimeout(2)
            try:
                connection.sendall(opening)
            except OSError:
                pass
            held.append(connection)
            self.sent["tcp"] = self.sent.get("tcp", 0) + 1
        time.sleep(0.5)
        for connection in held:
            connection.close()


def main():
    attacker = Attacker(int(sys.argv[1]), int(sys.argv[2]))
    for attack in [
        attacker.random_bytes, attacker.truncated, attacker.not_events, attacker.frames, attacker.unknown,
        attacker.arguments, attacker.credit, attacker.tcp, attacker.large,
    ]:
        attack()
    attacker.context.term()
    print(json.dumps(attacker.sent), flush=True)


main()
