"""WARC files, for tests to read and to spoil."""

import gzip
from pathlib import Path


def warc(path: Path, *pages: tuple[str, str, str]) -> Path:
    """A WARC file of these pages, each with address, status line and body; compressed record by record."""
    pack = gzip.compress if path.suffix == ".gz" else bytes
    path.write_bytes(b"".join(pack(part) for part in (record("warcinfo", "", b"x"), *(page(*one) for one in pages))))
    return path


def page(url: str, status: str, body: str) -> bytes:
    answer = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}".encode()
    return record("response", url, answer)


def record(kind: str, url: str, block: bytes) -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-03-01T00:00:00Z\r\n"
    media = "application/http; msgtype=response" if kind == "response" else "application/warc-fields"
    return f"{head}Content-Type: {media}\r\nContent-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"
