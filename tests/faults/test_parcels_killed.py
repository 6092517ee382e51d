"""kill -9 after the carrier made a parcel and before anybody wrote that down: the next start finds it and makes none twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from providers.sandboxes.yurtici import create
from tests.faults.parcels_child import COUNT
from tests.support.serving import serve

pytestmark = [pytest.mark.faults]
ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, address: str, held: dict[str, str], stop_after: int) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.faults.parcels_child",
        str(folder),
        address,
        json.dumps(held),
        str(stop_after),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.timeout(180)
def test_a_kill_between_the_carriers_yes_and_ours_makes_no_second_parcel(tmp_path: Path) -> None:
    with serve(create(seed=5).app) as address, httpx.Client(base_url=address) as control:
        control.post("/_control/limits", json={"on": False})
        held = {k: v for k, v in control.get("/_control/credentials").json().items() if v}
        killed = []
        for stop_after in (1, 2, 3):
            child = start(tmp_path / "ws", address, held, stop_after)
            assert child.stdout is not None
            said = []
            for line in child.stdout:
                said.append(line)
                if "made" in line:
                    killed.append(json.loads(line)["made"])
                    break
            assert "made" in said[-1], said
            child.kill()
            child.stdout.close()
            child.wait(10)
        last = start(tmp_path / "ws", address, held, 99)
        out, _ = last.communicate(timeout=100)
        assert last.returncode == 0, out
        parcels = json.loads(out.splitlines()[-1])["parcels"]
        truth = [row["reference"] for row in control.get("/_control/shipments").json()]
    assert len(killed) == 3
    assert set(killed) <= set(truth)
    assert len(truth) == len(set(truth)) == COUNT
    assert parcels == dict.fromkeys(truth, "created")
