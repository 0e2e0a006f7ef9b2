"""The main job and the sample desk, run as a user runs them."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlencode

import pytest

from connectors.processes import job_lock
from pipeline.cli.trial import Stopwatch
from pipeline.codec import encode
from pipeline.model import EPOCH
from pipeline.ports import ARTICLES, Message
from tests import examples
from tests.connectors.loopback import answer, serving, stream
from tests.gold import records
from tests.pipeline.cli.conftest import Onrecord, opened

CLI = "import sys; from pipeline.cli import main; sys.exit(main())"
SECRET = "whsec_" + "A" * 32
FEED = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Courier</title>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>https://courier.example/{title}</link>
<content:encoded>&lt;p&gt;“{words},” Ada Lindqvist told reporters on Monday.&lt;/p&gt;</content:encoded></item>"""


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_job_with_exit_code_0(onrecord: Onrecord, file: Path, asked: signal.Signals) -> None:
    before = signal.getsignal(asked)

    def ask_once_it_listens() -> None:
        while signal.getsignal(asked) is before:
            time.sleep(0.01)
        os.kill(os.getpid(), asked)

    asking = threading.Thread(target=ask_once_it_listens)
    asking.start()
    done = onrecord("run", "--no-web")
    asking.join()
    assert (done.code, done.out) == (0, "")
    assert "Following 0 feeds; 0 actors, 0 watches" in done.err
    assert "There are no feeds yet: onrecord feeds add URL" in done.err
    assert done.err.endswith("Stopped; nothing is lost\n")
    assert signal.getsignal(asked) is before


def test_a_signal_while_the_file_opens_ends_the_job(
    onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def lock(path: Path) -> Iterator[None]:
        os.kill(os.getpid(), signal.SIGTERM)
        with job_lock(path):
            yield

    monkeypatch.setattr("connectors.processes.job_lock", lock)
    done = onrecord("run", "--no-web")
    assert done.code == 0
    assert done.err.endswith("Stopped; nothing is lost\n")


def test_an_occupied_port_stops_the_start(onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as taken:
        port = taken.address.rpartition(":")[2]
        monkeypatch.setenv("ONRECORD_WEB__PORT", port)
        done = onrecord("run")
    assert done.code == 78
    assert f"web.port {port} of '127.0.0.1' cannot be listened on" in done.err
    assert "ONRECORD_WEB__PORT=0 takes a free port" in done.err


def test_roles_need_the_cluster_profile(onrecord: Onrecord) -> None:
    done = onrecord("run", "--role", "poller")
    assert done.code == 2
    assert "--role needs the profile 'cluster'" in done.err


def test_the_stopwatch_stays_at_zero_until_started() -> None:
    watch = Stopwatch()
    assert watch().total_seconds() == 0
    watch.start()
    assert 0 <= watch().total_seconds() < 60


@contextmanager
def job(file: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """`onrecord run` in a process of its own, killed at the end if it is still there."""
    given = {"WEB__PORT": "0", "POLL__EVERY": "0.5s", "FETCH__PRIVATE_ADDRESSES": "true", "FILE": str(file)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONRECORD_")}
    with subprocess.Popen(
        [sys.executable, "-c", CLI, "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {f"ONRECORD_{name}": value for name, value in (given | variables).items()},
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.slow
def test_a_running_job_stops_on_request(file: Path) -> None:
    """With a backlog of articles, receivers that take their time or never answer, and a feed that never ends."""
    words = [record["text"] for record in records()]
    with serving() as server, opened(file) as services:
        server.routes["/feed"] = stream(itertools.repeat(b" "))
        server.routes["/hook"] = slowly
        server.routes["/hang"] = hang
        services.desk.save(examples.feed(server.url("/feed")))
        deliver = (f"webhook:{server.url('/hook')}", f"webhook:{server.url('/hang').replace('127.0.0.1', 'localhost')}")
        services.desk.save(examples.watch(query="kind:direct", by=(), created=EPOCH, deliver=deliver))
        stories = [
            examples.article(f"https://courier.example/{n}", f"{words[n % len(words)]}\n\nNumber {n}.")
            for n in range(3_000)
        ]
        services.log.append(ARTICLES, [Message(story.id, encode(story)) for story in stories])
        with job(file, WEBHOOK__SECRET=SECRET) as running:
            while not {"/hook", "/hang"} <= {*server.paths()}:
                assert running.poll() is None
                time.sleep(0.05)
            running.send_signal(signal.SIGTERM)
            _, err = running.communicate(timeout=30)
        behind = services.log.lag(ARTICLES, "extract")
    assert (running.returncode, err.decode().splitlines()[-1]) == (0, "Stopped; nothing is lost")
    assert 0 < behind < 3_000


def hang(_: BaseHTTPRequestHandler) -> None:
    time.sleep(60)


def slowly(exchange: BaseHTTPRequestHandler) -> None:
    time.sleep(0.3)
    answer(status=204)(exchange)


@pytest.mark.slow
def test_from_a_feed_to_an_alert_on_standard_output(
    onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    old, new = (ITEM.format(title=title, words=words) for title, words in (("one", "We sail"), ("two", "We row")))
    onrecord("actors", "add", "Ada Lindqvist")
    onrecord("watches", "add", "Ada", "--by", "ada-lindqvist", "--deliver", "stdout:json")
    with serving() as server:
        server.routes["/feed"] = answer(FEED.format(items=old), content_type="application/rss+xml")
        assert onrecord("feeds", "add", server.url("/feed")).code == 0
        with job(file) as running:
            assert running.stdout
            assert running.stderr
            address = next(line for line in running.stderr if line.startswith(b"Open ")).split()[-1].decode()
            while not (server.requests and known(file)):
                time.sleep(0.1)
            server.routes["/feed"] = answer(FEED.format(items=new + old), content_type="application/rss+xml")
            alert = json.loads(running.stdout.readline())["alert"]
            assert json.loads(page(f"{address}/readyz"))["status"] == "ok"
            while 'onrecord_deliveries_total{outcome="done"} 1.0' not in page(f"{address}/metrics"):
                time.sleep(0.05)  # it is counted after it was sent
            assert 'onrecord_polls_total{outcome="changed"} 2.0' in page(f"{address}/metrics")
            running.send_signal(signal.SIGTERM)
            out, err = running.communicate(timeout=20)
    assert running.returncode == 0
    assert alert["statement"]["text"].startswith("We row")
    assert alert["statement"]["first"]["article"]["url"] == "https://courier.example/two"
    assert out == b""
    assert err.decode().splitlines()[-1] == "Stopped; nothing is lost"


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answered:
        return str(answered.read(), "utf-8")


def make_watch(address: str, name: str, speaker: str) -> None:
    form = urlencode({"name": name, "by": speaker, "deliver": "stdout", "save": "yes"}).encode()
    origin = {"Origin": address.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}/watches", form, origin), timeout=10):
        pass


def known(file: Path) -> int:
    """Return how many statements the desk remembers."""
    from pipeline.model.query import Search

    with opened(file) as services:
        return services.index.search(Search(collection="statements")).total


@pytest.mark.slow
def test_the_sample_desk_shows_everything() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLI, "try", "--once", "--port", "0"], capture_output=True, check=False, timeout=100
    )
    shown, told = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, shown + told
    assert "LOOK" not in shown
    assert shown.count("\n  ok  ") == 8
    assert "▸ ALERT     The government on the bridge: " in shown
    assert "14 articles in 15 revisions" in shown
    place = Path(told.partition("Everything is in ")[2].splitlines()[0])
    assert not place.parent.exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_sample_desk_stays_up_until_it_is_stopped() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CLI, "try", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr
        try:
            address = next(line for line in running.stderr if line.startswith(b"The pages are at")).split()[-1].decode()
            assert "<html" in page(address)
            assert any(line.startswith(b"The outlets go on") for line in running.stderr)
            make_watch(address, "Once the story is over", "edda-korvin")
            watched = re.compile(r"class=\"reason\"[^>]*>[^<]*Once the story is over")
            deadline = time.monotonic() + 100
            while not watched.search(page(f"{address}/alerts")) and time.monotonic() < deadline:
                time.sleep(1)
            assert watched.search(page(f"{address}/alerts"))
        finally:
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=60)
    assert running.returncode == 0
