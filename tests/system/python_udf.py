#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A UDF such as others write them: plain Python, the protocol by hand, nothing of udf-host.

Counts the points of each group and adds the int field `count` to every point. With --crash-on-poison it
dies by SIGSEGV of a point that has the field `poison`. With --odd it does what Kapacitor cannot bear, or has not
asked for: the field `bad` is not a number, points have lost their dimensions, and keepalives come unasked.
"""
import json
import os
import signal
import struct
import sys

INFO, INIT, KEEPALIVE, SNAPSHOT, RESTORE, BEGIN, POINT, END = 1, 2, 3, 4, 5, 16, 17, 18
POINT_GROUP, POINT_DIMENSIONS, POINT_FIELDS_DOUBLE, POINT_FIELDS_INT = 5, 6, 8, 9
POINT_FIELDS = 8, 9, 10, 12
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(number):
    number &= (1 << 64) - 1  # a negative one has ten bytes
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data, at):
    """The number at `at` and where it ends; None and `at` where there is only a part of it."""
    number = shift = 0
    for end in range(at, len(data)):
        number |= (data[end] & 0x7F) << shift
        if data[end] < 0x80:
            return number, end + 1
        shift += 7
    return None, at


def field(number, content):
    return varint(number << 3 | BYTES) + varint(len(content)) + content


def int_field(number, value):
    return varint(number << 3 | VARINT) + varint(value)


def fields_of(message):
    """The number and the value of each field: an int, or bytes."""
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = read_varint(message, at)
        else:
            if kind == BYTES:
                size, at = read_varint(message, at)
            else:
                size = {FIXED64: 8, FIXED32: 4}[kind]
            value = message[at : at + size]
            at += size
        yield tag >> 3, value


def last(message, number, otherwise):
    value = otherwise
    for found, content in fields_of(message):
        if found == number:
            value = content
    return value


def without(message, number):
    """The same but for that field, of those that have VARINT or BYTES."""
    kept = (int_field(n, v) if isinstance(v, int) else field(n, v) for n, v in fields_of(message) if n != number)
    return b"".join(kept)


class Counter:
    def __init__(self, crash_on_poison, odd):
        self.crash_on_poison = crash_on_poison
        self.odd = odd
        self.counts = {}

    def answer(self, kind, body):
        """The body of the response, or None."""
        if kind == INFO:
            return field(INFO, b"")  # wants and provides streams, has no options
        if kind == INIT:
            return field(INIT, int_field(1, 1))
        if kind == KEEPALIVE:
            return field(KEEPALIVE, int_field(1, last(body, 1, 0)))
        if kind == SNAPSHOT:
            state = {group.hex(): count for group, count in self.counts.items()}
            return field(SNAPSHOT, field(1, json.dumps(state).encode()))
        if kind == RESTORE:
            state = json.loads(last(body, 1, b"{}"))
            self.counts = {bytes.fromhex(group): count for group, count in state.items()}
            return field(RESTORE, int_field(1, 1))
        if kind == POINT:
            return field(POINT, self.point(body))
        return field(kind, body)

    def point(self, body):
        group = b""
        for number, value in fields_of(body):
            if number == POINT_GROUP:
                group = value
            elif self.crash_on_poison and number in POINT_FIELDS and last(value, 1, b"") == b"poison":
                os.kill(os.getpid(), signal.SIGSEGV)
        count = self.counts.get(group, 0) + 1
        self.counts[group] = count
        if self.odd:
            body = without(body, POINT_DIMENSIONS)
            not_a_number = field(1, b"bad") + varint(2 << 3 | FIXED64) + struct.pack("<d", float("nan"))
            body += field(POINT_FIELDS_DOUBLE, not_a_number)
        return body + field(POINT_FIELDS_INT, field(1, b"count") + int_field(2, count))


def write_all(data):
    while data:
        data = data[os.write(1, data) :]


def main():
    counter = Counter("--crash-on-poison" in sys.argv[1:], "--odd" in sys.argv[1:])
    unread = b""
    while True:
        more = os.read(0, 65536)
        if not more:
            return 0
        unread += more
        at = 0
        out = bytearray()
        while True:
            size, begin = read_varint(unread, at)
            if size is None or begin + size > len(unread):
                break
            for kind, body in fields_of(unread[begin : begin + size]):
                response = counter.answer(kind, body)
                out += varint(len(response)) + response
                if counter.odd:
                    unasked = field(KEEPALIVE, int_field(1, 1))
                    out += varint(len(unasked)) + unasked
            at = begin + size
        unread = unread[at:]
        write_all(bytes(out))


if __name__ == "__main__":
    sys.exit(main())
