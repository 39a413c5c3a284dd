# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a file of events for TensorBoard: read_events.py FILE writes what is in it as JSON.

Knows nothing of Feedline: the framing of TFRecord (masked CRC-32C), protobuf's wire format and the fields of
event.proto and summary.proto are read as their documents have them. Where tensorboard can be imported, its own reader
must find the same.
"""
import base64
import json
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        length, check = struct.unpack_from("<QI", data, at)
        assert masked(data[at : at + 8]) == check, f"the length at {at} does not fit its checksum"
        body = data[at + 12 : at + 12 + length]
        assert len(body) == length, "the last record is cut off"
        assert masked(body) == struct.unpack_from("<I", data, at + 12 + length)[0], f"the record at {at} is damaged"
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def message(data):
    """Field number -> list of its values."""
    fields, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif wire == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        elif wire == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
            assert len(value) == length, "a field is cut off"
        else:
            raise AssertionError(f"wire type {wire}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


def doubles(fields, number):
    packed = fields[number][0]
    return list(struct.unpack(f"<{len(packed) // 8}d", packed))


def value_of(data):
    fields = message(data)
    value = {"tag": fields[1][0].decode()}
    if 2 in fields:
        value["number"] = fields[2][0]
    if 4 in fields:
        image = message(fields[4][0])
        value["image"] = {
            "height": image[1][0],
            "width": image[2][0],
            "colours": image[3][0],
            "png": base64.b64encode(image[4][0]).decode(),
        }
    if 5 in fields:
        histogram = message(fields[5][0])
        names = ("min", "max", "num", "sum", "sum_squares")
        value["histogram"] = {name: histogram[number][0] for number, name in enumerate(names, 1)}
        value["histogram"]["limits"] = doubles(histogram, 6)
        value["histogram"]["buckets"] = doubles(histogram, 7)
    return value


def event_of(data):
    fields = message(data)
    event = {"time": fields[1][0], "step": fields.get(2, [0])[0]}
    if 3 in fields:
        event["version"] = fields[3][0].decode()
    if 4 in fields:
        nodes = [message(node) for node in message(fields[4][0])[1]]
        event["graph"] = {node[1][0].decode(): [name.decode() for name in node.get(3, [])] for node in nodes}
    if 5 in fields:
        event["values"] = [value_of(value) for value in message(fields[5][0]).get(1, [])]
    return event


def check_with_tensorboard(path, events):
    try:
        from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
    except ImportError:
        return False
    tags = [value.tag for event in LegacyEventFileLoader(path).Load() for value in event.summary.value]
    assert tags == [value["tag"] for event in events for value in event.get("values", [])], tags
    return True


with open(sys.argv[1], "rb") as file:
    found = [event_of(record) for record in records(file.read())]
json.dump({"events": found, "tensorboard": check_with_tensorboard(sys.argv[1], found)}, sys.stdout)
