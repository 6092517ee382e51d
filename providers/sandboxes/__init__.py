"""Stateful fake servers, one ASGI app a protocol. They are the rehearsal mode and the contract suite's other side.

Written from the vendors' documents; no module here may be imported by a client, and none here imports a client.
"""
