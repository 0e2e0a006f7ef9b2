"""Ends the jobs of ours that a Flink session cluster still runs: who submitted them is gone, the next is to be alone.

usage: end_jobs.py HOST:PORT    of Flink's REST service; fails where that does not answer. Standard library only.
"""

import json
import sys
import time
from http.client import HTTPConnection
from typing import Any, Final

NAME: Final = "onrecord"  # of the job
ENDED: Final = ("CANCELED", "FAILED", "FINISHED")
TIMEOUT_SECONDS: Final = 30
PAUSE_SECONDS: Final = 0.5


def main(address: str) -> None:
    """End them, and return once they are."""
    while left := running(address):
        for job in left:
            if job["state"] != "CANCELLING":
                ask(address, "PATCH", f"/jobs/{job['jid']}?mode=cancel")
                print(f"job {job['jid']}: asked to end", flush=True)
        time.sleep(PAUSE_SECONDS)


def running(address: str) -> list[dict[str, Any]]:
    """Our jobs that have not ended."""
    jobs = json.loads(ask(address, "GET", "/jobs/overview"))["jobs"]
    return [job for job in jobs if job["name"].startswith(NAME) and job["state"] not in ENDED]


def ask(address: str, method: str, path: str) -> bytes:
    """Return what Flink answers; OSError where it does not, and ends the process."""
    connection = HTTPConnection(address, timeout=TIMEOUT_SECONDS)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status >= 400:
        sys.exit(f"{address}{path} answers {answer.status}: {body[:200]!r}")
    return body


if __name__ == "__main__":
    main(sys.argv[1])
