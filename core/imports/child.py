"""The child that reads an uploaded file: `python -m core.imports.child package.module:function path options`.

It limits itself before it imports what reads, and speaks JSON lines (see reading.py). Nothing of Django is set up.
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
MB = 1024 * 1024
REFUSED_EVENTS = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec")
TOO_BIG = "文件展开后超出内存上限，已停止读取。请删去多余的工作表、格式和空行，或拆成几个文件后再上传。"

UNKEEPABLE = "无法保存的字符（空字符，或残缺的半个字）"


def limit() -> None:
    memory = int(os.environ["ANTU_MEMORY_MB"]) * MB
    seconds = int(os.environ["ANTU_CPU_S"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    os.nice(5)


def cut_off() -> None:
    """No network: a namespace of its own where the kernel lets us, and no socket for Python in any case."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET):
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)

    def refuse(event: str, _arguments: Any) -> None:
        if event in REFUSED_EVENTS:
            raise PermissionError(f"{event} is not for a reader of files.")

    sys.addaudithook(refuse)


def peak_mb() -> int:
    """Of this program alone: what getrusage answers begins with the memory of the process it was started from."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def whole(thing: Any) -> Any:
    """The same with U+FFFD for what no database text holds: NUL, and half a character of UTF-16."""
    if isinstance(thing, str):
        return thing.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(thing, dict):
        return {whole(key): whole(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [whole(one) for one in thing]
    return thing


def keepable(line: dict[str, Any]) -> dict[str, Any]:
    """The line as it can be stored; a row that had to be changed for that says so instead of passing."""
    said = json.dumps(line)
    if "\\u0000" not in said and "\\ud" not in said:
        return line
    found: dict[str, Any] = whole(line)
    if json.dumps(found) == said:
        return line
    if "row" not in line:
        return {"refused": f"列名或表头里有{UNKEEPABLE}。请改正后再上传。"}
    return {"problem": f"这一行有{UNKEEPABLE}，已显示为“\ufffd”。请改正后再导入。", **found}


def speak(line: dict[str, Any]) -> None:
    # ASCII: a lone surrogate in a cell must not break the pipe.
    sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")


def main(run: str, path: str, options: str) -> int:
    limit()
    cut_off()
    module, _, name = run.partition(":")
    rows = 0
    try:
        for line in getattr(importlib.import_module(module), name)(Path(path), json.loads(options)):
            speak(line := keepable(line))
            if "refused" in line:
                sys.stdout.flush()
                return 0
            rows += "row" in line
    except MemoryError:
        speak({"refused": TOO_BIG})
        return 0
    speak({"end": {"rows": rows, "peak_mb": peak_mb()}})
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
