"""The web process: uvicorn on the socket it is handed, so that a restart refuses no connection."""

from __future__ import annotations

import socket
import sys

import uvicorn
from django.core.exceptions import ImproperlyConfigured
from uvicorn.supervisors import Multiprocess

EX_CONFIG = 78


def main(number: int, workers: int) -> int:
    listener = socket.socket(fileno=number)
    config = uvicorn.Config(
        "config.asgi:application",
        workers=workers,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,  # else every message is compressed anew for every socket
        backlog=2048,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than the usual proxy's, so that the proxy closes first
        timeout_graceful_shutdown=3,
    )
    if workers > 1:
        Multiprocess(config, sockets=[listener]).run()
        return 0
    try:
        config.load()
    except ImproperlyConfigured as error:
        print(f"配置有误：{error}", file=sys.stderr)
        return EX_CONFIG
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
