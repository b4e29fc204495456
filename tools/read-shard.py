#!/usr/bin/env python3
"""Reads a shard of the blob store, written from the article "ShardFormat" alone.

    read-shard.py SHARD             lists the blobs: SHA-1, SHA-256, size
    read-shard.py SHARD SHA1        writes one blob to standard output

Checks every checksum and hash on its way. Exit: 0 done, 1 no such blob, 2 the shard is damaged or not understood.
Wants the module `zstandard` or the program `zstd`. A shard that is encrypted takes its tenant's key (64 hex digits) from the
environment, as TENANT_KEY, and the module `cryptography`.
"""
import hashlib
import hmac
import os
import struct
import subprocess
import sys
import tempfile

HEADER = struct.Struct(">8sHHIIIQq16s8s")
FRAME = struct.Struct(">4sBBHIIIIQQII8s8s")
TRAILER = struct.Struct(">QQIIQ32s8s8s8s")
BLOBS, PART, PART_LIST = 1, 2, 3


class Damaged(Exception):
    pass


def expect(condition, message):
    if not condition:
        raise Damaged(message)


def checksum(data):
    return hashlib.sha256(data).digest()[:8]


def unzstd(data, prefix):
    try:
        import zstandard
        kind = zstandard.DICT_TYPE_RAWCONTENT
        dictionary = zstandard.ZstdCompressionDict(prefix, dict_type=kind) if prefix else None
        return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(data)
    except ImportError:
        with tempfile.NamedTemporaryFile() as file:
            file.write(prefix)
            file.flush()
            patch = [f"--patch-from={file.name}"] if prefix else []
            return subprocess.run(["zstd", "-dcq", *patch], input=data, stdout=subprocess.PIPE, check=True).stdout


def unseal(key, sealed, authenticated):
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], authenticated)
    except InvalidTag:
        raise Damaged("a payload does not open: it was changed, or the key is another")


def varint(data, offset):
    value = shift = 0
    while True:
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, offset


class Shard:
    def __init__(self, data):
        self.data = data
        self.payloads = {}
        magic, version, features, self.domain, key, zero, self.id, self.created, salt, check = HEADER.unpack_from(data)
        expect(magic == b"\x89SILO\r\n\x1a" and check == checksum(data[:56]), "no shard's header")
        expect((version, features, zero) == (1, 0, 0) and (key != 0 or salt == bytes(16)), "not version 1")
        self.key = None
        if key != 0:
            tenant_key = bytes.fromhex(os.environ.get("TENANT_KEY", ""))
            expect(len(tenant_key) == 32, f"it is encrypted with key {key}, and TENANT_KEY gives none")
            self.key = hmac.new(tenant_key, b"ingestor shard" + salt + b"\x01", hashlib.sha256).digest()
        self.end = len(data)
        self.is_sealed = data[-8:] == b"SILODONE"
        if self.is_sealed:
            index, length, frames, blobs, raw, index_hash, zero, check, _ = TRAILER.unpack_from(data, len(data) - 88)
            expect(check == checksum(data[-88:-16]), "the trailer is damaged")
            expect(hashlib.sha256(data[index:index + length]).digest() == index_hash, "the index is damaged")
            self.end = index

    def frame(self, offset):
        """The frame at `offset`: its kind, its table, its decoded payload, and where it ends."""
        (magic, kind, encoding, flags, count, table_size, raw_size, size, dictionary, base, base_size, zero,
         payload_check, head_check) = FRAME.unpack_from(self.data, offset)
        expect(magic == b"FRME", f"no frame at {offset}")
        expect((flags, dictionary, zero) == (0, 0, 0), "a frame of a later version")
        expect(base < offset and (base == 0) == (base_size == 0), f"the base of the frame at {offset} is none")
        table = self.data[offset + 64:offset + 64 + table_size]
        payload = self.data[offset + 64 + table_size:offset + 64 + table_size + size]
        place = struct.pack(">QQ", self.id, offset)
        expect(head_check == checksum(place + self.data[offset:offset + 56] + table), f"the head at {offset} is damaged")
        expect(payload_check == checksum(payload), f"the payload at {offset} is damaged")
        if self.key:
            payload = unseal(self.key, payload, struct.pack(">QBBI", self.id, kind, encoding, raw_size))
        entries, at = [], 0
        for _ in range(count):
            blob_size, after = varint(table, at + 52)
            entries.append((table[at:at + 20], table[at + 20:at + 52], blob_size))
            at = after
        expect(encoding in (0, 1), f"encoding {encoding} is of a later version")
        prefix = self.payload(base) if base else b""
        raw = unzstd(payload, prefix) if encoding == 1 else payload
        expect(len(raw) == raw_size, f"the payload at {offset} has another length")
        return kind, entries, raw, offset + 64 + table_size + size

    def payload(self, offset):
        """The decoded payload of an earlier frame, the last ones kept: differences share them."""
        if offset not in self.payloads:
            self.payloads[offset] = self.frame(offset)[2]
            if len(self.payloads) > 64:
                del self.payloads[next(iter(self.payloads))]
        return self.payloads[offset]

    def blobs(self):
        """Every blob: SHA-1, SHA-256, content."""
        offset = 64
        while offset < self.end:
            try:
                kind, entries, raw, offset = self.frame(offset)
            except (Damaged, struct.error, IndexError):
                if self.is_sealed:
                    raise
                return  # The end of an open shard may be torn, or being written.
            if kind == PART_LIST:
                parts = struct.iter_unpack(">QII", raw)
                yield (*entries[0][:2], b"".join(self.frame(start)[2] for start, _, _ in parts))
            elif kind == BLOBS:
                at = 0
                for sha1, sha256, size in entries:
                    yield sha1, sha256, raw[at:at + size]
                    at += size
            else:
                expect(kind == PART, f"kind {kind} is of a later version")


def main(path, wanted=None):
    with open(path, "rb") as file:
        shard = Shard(file.read())
    for sha1, sha256, content in shard.blobs():
        actual = hashlib.sha1(b"blob %d\0" % len(content) + content).digest()
        expect(actual == sha1 and hashlib.sha256(content).digest() == sha256, f"{sha1.hex()} has another content")
        if wanted is None:
            print(sha1.hex(), sha256.hex(), len(content))
        elif wanted == sha1.hex():
            sys.stdout.buffer.write(content)
            return 0
    return 0 if wanted is None else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:3]))
    except (Damaged, struct.error, IndexError, subprocess.CalledProcessError) as error:
        sys.exit(print(f"{sys.argv[1]}: {error}", file=sys.stderr) or 2)
