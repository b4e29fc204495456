"""NATS JetStream over its text protocol: batches are published, and each waits for all of its acknowledgements.

They say that a message is in the stream's file, not that it is on the device: the server syncs every two minutes.
"""

import json
import socket
import time

STREAM, SUBJECT, INBOX = "bench", "bench.log", "_INBOX.bench"
PULL_COUNT, PATIENCE_SECONDS = 5_000, 20


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.buffer = bytearray()
        self.line()
        self.send(b'CONNECT {"verbose":false}\r\nSUB ' + INBOX.encode() + b".> 1\r\n")

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise OSError("the NATS server ended the connection")
        self.buffer += data

    def line(self):
        while (end := self.buffer.find(b"\r\n")) < 0:
            self.fill()
        line = bytes(self.buffer[:end])
        del self.buffer[:end + 2]
        return line

    def message(self):
        """The payload of the next message."""
        while True:
            words = self.line().split()
            if words[0] == b"PING":
                self.send(b"PONG\r\n")
            elif words[0] == b"-ERR":
                raise OSError(b" ".join(words).decode())
            elif words[0] in (b"MSG", b"HMSG"):
                length = int(words[-1])
                while len(self.buffer) < length + 2:
                    self.fill()
                payload = bytes(self.buffer[:length])
                del self.buffer[:length + 2]
                return payload

    def ask(self, subject, text):
        payload = text.encode()
        self.send(f"PUB $JS.API.{subject} {INBOX}.reply {len(payload)}\r\n".encode() + payload + b"\r\n")

    def request(self, subject, body):
        self.ask(subject, json.dumps(body))
        answer = json.loads(self.message())
        if "error" in answer:
            raise OSError(answer["error"].get("description", subject))
        return answer

    def count(self, marks, expected):
        """Takes in data until there were so many of the marks, and forgets it. As cheap as a client in C."""
        seen = 0
        while True:
            seen += self.buffer.count(marks)
            # A mark may lie across two pieces.
            del self.buffer[:max(0, len(self.buffer) - len(marks) + 1)]
            if seen >= expected:
                return
            self.fill()


def measure(port, record_bytes, batch, seconds):
    connection = Connection(port)
    subjects = {"name": STREAM, "subjects": [SUBJECT], "storage": "file", "retention": "limits", "max_age": 0}
    connection.request(f"STREAM.CREATE.{STREAM}", subjects)
    record = bytes(range(65, 91)) * (record_bytes // 26) + b"x" * (record_bytes % 26)
    one = f"PUB {SUBJECT} {INBOX}.ack {record_bytes}\r\n".encode() + record + b"\r\n"
    messages, count = one * batch, 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        connection.send(messages)
        connection.count(b'"seq":', batch)
        connection.buffer.clear()
        count += batch
    append_seconds = time.perf_counter() - start
    read_seconds = read(port, record, count)
    connection.request(f"STREAM.DELETE.{STREAM}", {})
    connection.socket.close()
    return {"eventsPerSecond": count / append_seconds, "readEventsPerSecond": count / read_seconds}


def read(port, record, count):
    """All messages, asked for by the thousand, so that the server never runs ahead of what is taken in."""
    connection = Connection(port)
    consumer = {"durable_name": "reader", "ack_policy": "none", "deliver_policy": "all"}
    connection.request(
        f"CONSUMER.DURABLE.CREATE.{STREAM}.reader", {"stream_name": STREAM, "config": consumer})
    start, left = time.perf_counter(), count
    while left > 0:
        wanted = min(PULL_COUNT, left)
        connection.ask(f"CONSUMER.MSG.NEXT.{STREAM}.reader", f'{{"batch":{wanted}}}')
        connection.count(record, wanted)
        connection.buffer.clear()
        left -= wanted
    seconds = time.perf_counter() - start
    connection.socket.close()
    return seconds
