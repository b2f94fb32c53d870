"""Agents that say what a test wants them to say, and count how often they were asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_agent import AgentPages, document, router
from netns import wait_until

SILENT = "silent"  # as a role: no answer that makes sense


class Cast:
    """The pages of nodes. Each plays a role: a state, SILENT, or routers in full."""

    def __init__(self, pages: AgentPages, *addresses: str):
        self.roles: dict[str, str | list[Mapping[str, Any]]] = dict.fromkeys(addresses, "backup")
        self.asked = 0
        for address in addresses:
            pages.serve(address, lambda address=address: self._page(address))

    def hold(self, *addresses: str) -> None:
        """These have the group's address, the others follow."""
        self.roles = {address: "active" if address in addresses else "backup" for address in self.roles}

    def wait_until_asked(self, times: int = 3) -> None:
        """Everybody has been asked so many times from now on."""
        target = self.asked + (times + 1) * len(self.roles)
        wait_until(lambda: self.asked >= target, 60, "the agents are asked")

    def _page(self, address: str) -> str:
        self.asked += 1
        role = self.roles[address]
        if role == SILENT:
            return "<html>"
        return document(*(role if isinstance(role, list) else [router(role)]))
