"""Runs localstripe (a stateful fake of Stripe, not ours) on 127.0.0.1 only and in memory only: by itself it
listens on all interfaces and writes a file at each change."""

import sys

from aiohttp import web
from localstripe import resources, server

# Also keeps it from reading what another run has left.
resources.Store.dump_to_disk = lambda store: None

web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
