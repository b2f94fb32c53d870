"""What the operator keeps of a secret once the Swarm has it, and whom it would show that."""

from __future__ import annotations

import base64
import os
import signal
from pathlib import Path

from bed import Bed
from memory_image import spellings, traces
from netns import wait_until

PASSWORD = "xq7-Kw2%"


def test_the_generated_key_is_forgotten_when_the_swarm_has_it(bed: Bed) -> None:
    """Seen in the very next moment, before other work takes the memory's place."""
    bed.engine.faults.next("POST /configs/create", "unanswered")
    operator = bed.start(speed=1.0)
    wait_until(lambda: bed.engine.faults.met["UNANSWERED"], 20, lambda: f"it makes the plan\n{bed.logs()}")

    (key,) = [data.decode() for data in bed.swarm.secret_data.values()]
    assert len(key) == 64
    assert traces(os.getpid(), [key.encode()]), "the search finds what there is"
    assert traces(operator.pid, spellings(key)) == []


def test_a_password_is_in_no_config_label_or_log(bed: Bed, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    operator = bed.start(SWARM_VIP_VERSION="2", KEEPALIVED_PASSWORD_FILE=str(file), SWARM_VIP_LOG_LEVEL="trace")
    wait_until(lambda: bed.swarm.service_named("swarm-vip-agent-web"), 20, lambda: f"it is deployed\n{bed.logs()}")

    assert PASSWORD.encode() in bed.swarm.secret_data.values()
    configs = [base64.b64decode(config["Spec"]["Data"]) for config in bed.swarm.configs.values()]
    shown = str([bed.swarm.services, bed.swarm.configs, bed.swarm.secrets, configs, operator.log()])
    assert PASSWORD not in shown and base64.b64encode(PASSWORD.encode()).decode() not in shown
    assert PASSWORD not in Path(f"/proc/{operator.pid}/environ").read_text()


def test_it_writes_no_core(bed: Bed, tmp_path: Path) -> None:
    """The password that it must keep would be in it."""
    operator = bed.start(wrapper=["env", f"--chdir={tmp_path}", "prlimit", "--core=unlimited"])
    bed.wait_converged()

    os.kill(operator.pid, signal.SIGABRT)

    status = os.waitid(os.P_PID, operator.pid, os.WEXITED | os.WNOWAIT)
    assert status is not None and status.si_code == os.CLD_KILLED, "not CLD_DUMPED"
