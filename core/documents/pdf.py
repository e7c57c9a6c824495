"""docx → PDF through LibreOffice, where it is installed."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final

from django.conf import settings

from core.documents.page import FANGSONG, HEI, KAI, XIAOBIAOSONG

TIMEOUT: Final = 45  # seconds; below the lease of a job, so a conversion never runs twice at once
FONTS: Final = Path(__file__).with_name("fonts.conf")
_one_at_a_time = threading.Lock()
_profile: Path | None = None


class ConversionFailed(Exception):
    """LibreOffice ran and gave no PDF."""


class LibreOfficeMissing(Exception):
    """There is no LibreOffice here: papers stay docx."""

    def __init__(self) -> None:
        super().__init__("本机没有安装 LibreOffice，文书只有 docx。安装 libreoffice-writer 后可补做 PDF。")


def office() -> str | None:
    """`soffice`, not `soffice.bin`: with a fresh profile the latter exits 81 and converts nothing."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def convert(docx: bytes) -> bytes:
    """The PDF of a docx. Raises LibreOfficeMissing or ConversionFailed."""
    program = office()
    if program is None:
        raise LibreOfficeMissing
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="antu-pdf-") as folder:
        source, target = Path(folder) / "paper.docx", Path(folder) / "paper.pdf"
        source.write_bytes(docx)
        command = [
            program,
            f"-env:UserInstallation={profile().as_uri()}",
            *("--headless", "--nologo", "--norestore", "--nolockcheck", "--nodefault"),
            *("--convert-to", "pdf:writer_pdf_Export", "--outdir", folder, str(source)),
        ]
        output = _run(command)
        # Two conversions in one profile end with code 1 and no message: only the file itself says that it worked.
        if not target.is_file() or not target.stat().st_size:
            raise ConversionFailed(f"LibreOffice 没有生成 PDF：{output[-300:] or '没有任何输出'}")
        return target.read_bytes()


def profile() -> Path:
    """One profile a process: two processes sharing one make each other fail."""
    global _profile
    if _profile is None or not _profile.is_dir():
        _profile = Path(tempfile.mkdtemp(prefix="antu-office-"))
        atexit.register(shutil.rmtree, _profile, ignore_errors=True)
    return _profile


def _run(command: list[str]) -> str:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        text=True,
        errors="replace",
        start_new_session=True,  # soffice starts children; a timeout must end them all
    )
    try:
        output, _ = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise ConversionFailed(f"LibreOffice {TIMEOUT} 秒内没有完成，已中止。") from error
    return output


def environment() -> dict[str, str]:
    return {**os.environ, "SAL_USE_VCLPLUGIN": "svp", "HOME": str(profile()), "FONTCONFIG_FILE": str(fonts_file())}


def fonts_file() -> Path:
    """The aliases, plus the folder in which a city puts the typefaces it has a licence for."""
    own = Path(settings.MEDIA_ROOT).parent / "fonts"
    if not own.is_dir():
        return FONTS
    made = profile() / "fonts.conf"
    made.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{own}</dir><include>{FONTS}</include></fontconfig>",
        encoding="utf-8",
    )
    return made


def problems() -> list[str]:
    """What keeps PDFs from looking right on this machine; `doctor` prints it."""
    if office() is None:
        return [str(LibreOfficeMissing())]
    if shutil.which("fc-match") is None:
        return ["没有 fc-match（fontconfig），无法检查公文字体。"]
    found = []
    for wanted in (FANGSONG, XIAOBIAOSONG, HEI, KAI):
        match = subprocess.run(
            ["fc-match", "-f", "%{family}|%{lang}", wanted],
            capture_output=True,
            text=True,
            env=environment(),
            timeout=20,
            check=False,
        ).stdout
        family, _, languages = match.partition("|")
        if "zh-cn" not in languages.split("|"):
            found.append(f"没有能代替“{wanted}”的简体中文字体（现为 {family or '无'}），请安装 fonts-noto-cjk。")
        elif wanted not in family and "GB2312" not in family:
            found.append(f"PDF 将以“{family.split(',')[0]}”代替“{wanted}”；有授权的字体请放入数据目录的 fonts/。")
    return found
