"""Python's msgpack as the other side of the MessagePack tests.

describe             reads messages from standard input, a line of hexadecimal digits each, and prints what each one
                     says as text, and then the message that Python itself makes of it where it can.
generate SEED COUNT  prints COUNT random messages, each as hexadecimal digits, and what it says as text.

The text is the tests' own notation, so that both sides say independently what they have understood:
nil, true, i:INTEGER, d:BITS, s:UTF8, b:BYTES, [a b], {key value key value}, x:TYPE:BYTES, t:SECONDS:NANOSECONDS
"""

import random
import struct
import sys

import msgpack


class Pairs(list):
    """A map as it came: in order, with any kind of key."""


def describe(value):
    if value is None:
        return "nil"
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, int):
        return f"i:{value}"
    if isinstance(value, float):
        return "d:" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s:" + value.encode().hex()
    if isinstance(value, bytes):
        return "b:" + value.hex()
    if isinstance(value, msgpack.Timestamp):
        return f"t:{value.seconds}:{value.nanoseconds}"
    if isinstance(value, msgpack.ExtType):
        return f"x:{value.code}:{value.data.hex()}"
    if isinstance(value, Pairs):
        return "{" + " ".join(describe(part) for pair in value for part in pair) + "}"
    if isinstance(value, dict):
        return describe(Pairs(value.items()))
    if isinstance(value, list):
        return "[" + " ".join(describe(part) for part in value) + "]"
    raise TypeError(type(value))


def pack(value):
    """Packs a value, maps as pairs included."""
    packer = msgpack.Packer(use_bin_type=True, autoreset=False)

    def add(part):
        if isinstance(part, Pairs):
            packer.pack_map_header(len(part))
            for key, item in part:
                add(key)
                add(item)
        elif isinstance(part, list):
            packer.pack_array_header(len(part))
            for item in part:
                add(item)
        else:
            packer.pack(part)

    add(value)
    return packer.bytes()


def unpack(message):
    return msgpack.unpackb(message, raw=False, strict_map_key=False, object_pairs_hook=Pairs, timestamp=0)


def random_size(rng):
    return rng.choice([0, 1, 2, 4, 8, 15, 16, 17, 31, 32, 33, 255, 256, rng.randrange(600)])


def random_integer(rng):
    edge = rng.choice([5, 7, 8, 15, 16, 31, 32, 63, 64])
    number = rng.choice([1, -1]) * (1 << edge) + rng.randrange(-2, 3)
    number = rng.choice([number, rng.getrandbits(edge), -rng.getrandbits(edge)])
    return max(-(1 << 63), min((1 << 64) - 1, number))


def random_timestamp(rng):
    seconds = rng.choice([0, 1, -1, (1 << 32) - 1, 1 << 32, (1 << 34) - 1, 1 << 34, rng.getrandbits(40), -rng.getrandbits(62)])
    return msgpack.Timestamp(seconds, rng.choice([0, 0, 1, 999_999_999, rng.randrange(10**9)]))


def random_text(rng):
    alphabet = "abc xyz\0é€\U0001f680\u0301中"
    return "".join(rng.choice(alphabet) for _ in range(random_size(rng)))


def random_value(rng, depth):
    kind = rng.randrange(9 if depth else 7)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return random_integer(rng)
    if kind == 2:
        return rng.choice([0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), rng.gauss(0, 1e9), 5e-324])
    if kind == 3:
        return random_text(rng)
    if kind == 4:
        return rng.randbytes(random_size(rng))
    if kind == 5:
        return msgpack.ExtType(rng.randrange(128), rng.randbytes(random_size(rng)))
    if kind == 6:
        return random_timestamp(rng)
    count = rng.choice([0, 1, 2, 3, 15, 16, 17]) if depth > 2 else rng.randrange(4)
    if kind == 7:
        return [random_value(rng, depth - 1) for _ in range(count)]
    return Pairs((random_value(rng, 0), random_value(rng, depth - 1)) for _ in range(count))


def main():
    if sys.argv[1] == "describe":
        for line in sys.stdin:
            value = unpack(bytes.fromhex(line.strip()))
            print(pack(value).hex(), describe(value), sep="\t")
    elif sys.argv[1] == "generate":
        rng = random.Random(int(sys.argv[2]))
        for _ in range(int(sys.argv[3])):
            value = random_value(rng, 4)
            print(pack(value).hex(), describe(value), sep="\t")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
