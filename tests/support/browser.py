"""Chromium in a network namespace, without a window, steered through Debian's chromedriver and python3-selenium.

Browser and driver run in a process namespace that dies with this process, so nothing of them is left however a test
ends. Selenium itself stays out here: a small passage carries its words to the driver.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from netns import Namespace, wait_until

T = TypeVar("T")

_DRIVER_PORT = 9515
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars",
          "--force-device-scale-factor=1")
PATIENCE = 30.0  # for what a busy machine does late; the tests go on as soon as it is done


class Browser:
    """A context manager: one window."""

    def __init__(self, namespace: Namespace):
        if shutil.which("chromedriver") is None:
            raise FileNotFoundError("no chromedriver: packaging/install.sh page")
        namespace.ip("link set lo up")
        self._stack = contextlib.ExitStack()
        try:
            home = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="swarm-vip-browser-")))
            self._log = home / "driver.log"
            with open(self._log, "wb") as log:
                process = subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={namespace.path}",
                     "unshare", "--pid", "--mount-proc", "--fork", "--kill-child=KILL", "chromedriver", f"--port={_DRIVER_PORT}"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"})
            self._stack.callback(_end, process)
            passage = self._stack.enter_context(_Passage(namespace, _DRIVER_PORT))
            wait_until(passage.is_open, PATIENCE, lambda: f"chromedriver listens\n{self.logs()}", 0.05)
            options = webdriver.ChromeOptions()
            for flag in (*_FLAGS, f"--user-data-dir={home / 'profile'}"):
                options.add_argument(flag)
            options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
            self.driver = webdriver.Remote(f"http://127.0.0.1:{passage.port}", options=options)
            self._stack.callback(self._quit)
            self.driver.command_executor._commands["cdp"] = ("POST", "/session/$sessionId/goog/cdp/execute")
            self.driver.command_executor._commands["log"] = ("POST", "/session/$sessionId/se/log")
        except BaseException:
            self._stack.close()
            raise

    # What is seen.

    def cdp(self, command: str, **parameters: Any) -> dict[str, Any]:
        result: dict[str, Any] = self.driver.execute("cdp", {"cmd": command, "params": parameters})["value"]
        return result

    def look(self, width: int = 1280, height: int = 900, scheme: str = "light", motion: str = "no-preference") -> None:
        """How large the window is, and what its owner prefers."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme},
                                                         {"name": "prefers-reduced-motion", "value": motion}])

    def open(self, url: str) -> None:
        """As somebody who has never been there."""
        self.cdp("Network.clearBrowserCookies")
        self.driver.get("about:blank")
        self.said()
        self.driver.get(url)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """Of the elements that are shown, in one go, with single blanks."""
        found: list[str] = self.run("""return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())
            .map(e => e.innerText.replace(/\\s+/g, " ").trim())""", selector)
        return found

    def text(self, selector: str = "body") -> str:
        return "\n".join(self.texts(selector))

    def wait_for(self, condition: Callable[[], T], what: str, timeout: float = PATIENCE) -> T:
        return wait_until(condition, timeout, lambda: f"{what}\ntitle: {self.driver.title}\n{self.text()}\n{self.said()}", 0.02)

    def wait_for_text(self, words: str, selector: str = "body", timeout: float = PATIENCE) -> str:
        return self.wait_for(lambda: text if words in (text := self.text(selector)) else "", f"'{words}' in {selector}", timeout)

    def said(self) -> list[str]:
        """What the console has said since the last time, errors and refused resources among it."""
        lines: list[dict[str, Any]] = self.driver.execute("log", {"type": "browser"})["value"]
        return [f"{line['level']}: {line['message']}" for line in lines]

    def complaints(self) -> list[str]:
        """Of that what is no mere advice."""
        return [line for line in self.said() if not line.startswith(("DEBUG", "INFO"))]

    def picture(self, path: Path, is_whole: bool = True) -> None:
        """The whole page, or what fits into the window."""
        data = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)
        path.write_bytes(base64.b64decode(data["data"]))

    def logs(self) -> str:
        return self._log.read_text(errors="replace")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def _quit(self) -> None:
        with contextlib.suppress(WebDriverException, OSError):
            self.driver.quit()


class _Passage:
    """A context manager: what connects to `port` out here is connected to a port of the namespace's loopback."""

    def __init__(self, namespace: Namespace, inner_port: int):
        self._namespace = namespace
        self._inner_port = inner_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def is_open(self) -> bool:
        with contextlib.suppress(OSError):
            self._connect().close()
            return True
        return False

    def _connect(self) -> socket.socket:
        return self._namespace.inside(lambda: socket.create_connection(("127.0.0.1", self._inner_port), timeout=10))

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                outer, _ = self._listener.accept()
                try:
                    inner = self._connect()
                except OSError:
                    outer.close()
                    continue
                inner.settimeout(None)
                for source, target in ((outer, inner), (inner, outer)):
                    threading.Thread(target=_carry, args=(source, target), daemon=True).start()

    def __enter__(self) -> "_Passage":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.close()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

