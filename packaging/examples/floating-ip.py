#!/usr/bin/env python3
"""Example: a cloud's floating IP follows the node that has the address.

swarm-vip's operator tells this program who has an address (SWARM_VIP_WEBHOOK); it tells the cloud, by HTTPS and with a
token, and answers the operator only then, so that what fails is tried again. Python's own library and nothing else.
The request is that of clouds whose API knows `POST /floating_ips/ID/actions/assign {"server": ID}`; where yours asks
otherwise, assign() is the place. See packaging/doc/events.md.

  FLOATING_IP_API         https://api.example.com/v1
  FLOATING_IP_TOKEN_FILE  a file with the cloud's token
  FLOATING_IPS            address=ID of the floating IP, several with commas: 192.0.2.100=4711
  SERVERS                 host name of the node=ID of the server: node1=42,node2=43
  WEBHOOK_TOKEN_FILE      a file with the token that the operator shows (its SWARM_VIP_WEBHOOK_TOKEN_FILE)
  LISTEN                  [ADDRESS:]PORT, default 127.0.0.1:8080
"""

from __future__ import annotations

import hmac
import http.server
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

TIMEOUT_S = 4  # the operator waits 5 s for an answer
BODY_SIZE_MAX = 64 * 1024


def pairs(name: str) -> dict[str, int]:
    try:
        return {key.strip(): int(value) for key, value in (item.split("=") for item in os.environ[name].split(",") if item)}
    except (KeyError, ValueError):
        sys.exit(f"{name}: '{os.environ.get(name, '')}' is not allowed; NAME=NUMBER, several with commas")


def secret(name: str) -> str:
    try:
        return Path(os.environ[name]).read_text().strip()
    except (KeyError, OSError) as error:
        sys.exit(f"{name}: a file with the token is needed: {error}")


class Cloud:
    def __init__(self) -> None:
        self.api = os.environ.get("FLOATING_IP_API", "").rstrip("/")
        if not self.api.startswith(("https://", "http://")):
            sys.exit(f"FLOATING_IP_API: '{self.api}' is not allowed; https://HOST/...")
        self.token = secret("FLOATING_IP_TOKEN_FILE")
        self.floating_ips = pairs("FLOATING_IPS")
        self.servers = pairs("SERVERS")

    def follow(self, event: dict[str, object]) -> None:
        """Raises an OSError (urllib's errors are such) when the cloud does not do it."""
        addresses, node = event.get("addresses") or [], str(event.get("node"))
        for address in addresses if isinstance(addresses, list) else []:
            if address in self.floating_ips and node in self.servers:
                self.assign(self.floating_ips[address], self.servers[node])
                print(f"{address} goes to {node}", flush=True)
            elif address in self.floating_ips:
                print(f"{address} is on {node}, of which SERVERS says nothing", flush=True)

    def assign(self, floating_ip: int, server: int) -> None:
        request = urllib.request.Request(f"{self.api}/floating_ips/{floating_ip}/actions/assign",
                                         json.dumps({"server": server}).encode(),
                                         {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            pass


class Handler(http.server.BaseHTTPRequestHandler):
    cloud: Cloud
    token: str

    def do_POST(self) -> None:
        self.send_response(self.obey())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def obey(self) -> int:
        shown = self.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {self.token}".encode()):
            return 401
        try:
            length = int(self.headers.get("Content-Length", ""))
            event = json.loads(self.rfile.read(length)) if 0 < length <= BODY_SIZE_MAX else None
        except ValueError:
            event = None
        if not isinstance(event, dict):
            return 400
        try:
            if event.get("event") == "holder":
                self.cloud.follow(event)
        except OSError as error:
            print(f"the cloud did not do it, the operator will ask again: {error}", flush=True)
            return 502
        return 204

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    Handler.cloud = Cloud()
    Handler.token = secret("WEBHOOK_TOKEN_FILE")
    address, _, port = os.environ.get("LISTEN", "127.0.0.1:8080").rpartition(":")
    http.server.ThreadingHTTPServer((address, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
