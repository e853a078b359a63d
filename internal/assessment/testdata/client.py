"""Asks postfix-mta-sts-resolver what it makes of domains.

Each line of the input is a domain in an Internet of its own: {"domain", "port": of the name server on loopback,
"hosts": {name: [port on loopback, ...]}}. For each there is a line of output: its verdict. Nothing of it is changed but
where it asks and where it connects to.
"""
import asyncio
import json
import socket
import sys

import aiodns
import aiohttp
from aiohttp.abc import AbstractResolver
from postfix_mta_sts_resolver import resolver

TIMEOUT = 2  # Seconds, of 4 that it has by itself.


class Loopback(AbstractResolver):
    def __init__(self, hosts):
        self.hosts = hosts

    async def resolve(self, host, port=0, family=socket.AF_INET):
        if not self.hosts.get(host):
            raise OSError("no address")
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0,
                 "flags": socket.AI_NUMERICHOST} for port in self.hosts[host]]

    async def close(self):
        pass


class Session(aiohttp.ClientSession):
    hosts = {}

    def __init__(self, **kwargs):
        super().__init__(connector=aiohttp.TCPConnector(resolver=Loopback(self.hosts)), **kwargs)


async def ask(question):
    loop = asyncio.get_running_loop()
    Session.hosts = question["hosts"]
    client = resolver.STSResolver(loop=loop, timeout=TIMEOUT)
    client._resolver = aiodns.DNSResolver(loop=loop, timeout=TIMEOUT, nameservers=["127.0.0.1"],
                                          udp_port=question["port"], tcp_port=question["port"])
    result, _ = await client.resolve(question["domain"])
    return result.name


resolver.aiohttp.ClientSession = Session
for line in sys.stdin:
    print(asyncio.run(ask(json.loads(line))), flush=True)
