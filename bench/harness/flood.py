#!/usr/bin/python3
"""Posts with bad signatures from many loopback addresses: flood.py PORT ADDRESSES SECONDS.

Each address sends one after the other, at no more than RATE a second, and connects anew when it is
cut off. Prints how many answers it had, by status, as JSON.
"""

import collections
import json
import socket
import sys
import threading
import time

RATE = 100
BODY = b'{"ip_address": "83.233.10.2", "country": "SE", "resources": {"cpu": 1, "memory": 1,' \
    b' "storage": 1}}'


def request(number):
    return (
        b"POST /api/v1/advertisements HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"X-Provider-ID: ed25519:%064x\r\nX-Provider-Signature: t=%d,v1=%0128x\r\n"
        b"Content-Length: %d\r\n\r\n" % (number, time.time() * 1000, number, len(BODY))
    ) + BODY


def flood(port, address, end, statuses):
    connection = None
    number = hash(address) & 0xFFFFFFFF
    while time.monotonic() < end:
        due = time.monotonic() + 1 / RATE
        try:
            if connection is None:
                connection = socket.create_connection(("127.0.0.1", port), 5, (address, 0))
            connection.sendall(request(number))
            answer = connection.recv(65536)
            statuses[answer[9:12].decode()] += 1
            if not answer or b"connection: close" in answer.lower():
                connection.close()
                connection = None
        except OSError:
            connection = None
        number += 1
        time.sleep(max(0, due - time.monotonic()))  # the pace of the flood


def main():
    port, addresses, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    statuses = collections.Counter()
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=flood, args=(port, f"127.0.1.{i + 1}", end, statuses))
        for i in range(addresses)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(statuses))


if __name__ == "__main__":
    main()
