#!/bin/sh
# Finds a Python of at least 3.11 and runs config/launch with it; nothing else is needed yet.
here=$(dirname -- "$(readlink -f -- "$0")")
for python in ${ANTU_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" -B "$here" "$@"
    fi
done
cat >&2 <<'END'
安图需要 Python 3.11 或更高版本，本机没有找到。请先安装后重试（Debian 12、Ubuntu 24.04 及更新版本）：
    sudo apt-get install -y python3 python3-venv
Antu needs Python 3.11 or newer and found none; install it and try again.
END
exit 1
