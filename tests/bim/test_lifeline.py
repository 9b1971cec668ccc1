"""A loader that is killed leaves no parsing process behind, even one that is deep in a kernel."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bim.author import author_building
from bim.housing import HousingSpec
from bim.load import load
from bim.process import Worker

PARENT = """
import sys
from pathlib import Path
from bim.job import Job
from bim.process import Worker
with Worker() as worker:
    for reply in worker.run(Job(sys.argv[1], sys.argv[2], ["opencascade"]), deadline=1e12, silence_s=1e6):
        print(reply.stage, worker._process.pid, flush=True)
"""


def _endless(path: Path) -> None:
    """A file over which OpenCASCADE broods for longer than any budget."""
    author_building(HousingSpec("0" * 16, "測試", "小棟", 2, 0, 3, 121.5, 25.05), path)
    points = re.compile(r"IFCCARTESIANPOINT\(\(-?[\d.]+,")
    path.write_text(points.sub("IFCCARTESIANPOINT((1.E308,", path.read_text()))


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_killed_loader_takes_its_parsing_process_with_it(tmp_path: Path) -> None:
    path = tmp_path / "endless.ifc"
    _endless(path)
    words = [sys.executable, "-c", PARENT, str(path), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout is not None
        said = [parent.stdout.readline().split() for _ in range(2)]
        assert [stage for stage, _ in said] == ["facts", "drawing"]
        child = int(said[1][1])
        assert _is_running(child)
        parent.send_signal(signal.SIGKILL)
    while _is_running(child):  # the test's own time limit is the only one
        time.sleep(0.05)
    assert parent.returncode == -signal.SIGKILL


def test_the_thread_that_started_a_process_may_end_before_it(authored: Path) -> None:
    with Worker() as own:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(load, authored, worker=own).result()
        assert load(authored, worker=own).elements.equals(first.elements)
        assert own.fresh is False
