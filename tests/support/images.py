"""What other people's images make of an environment: the keepalived.conf that each one generates, by its own rules.

Written anew from what those images do, quirks and all, so that our agent can be compared with keepalived under the same
environment. The interface must be there; nothing is checked.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping

from netns import Host

Env = Mapping[str, str]


def _list(value: str) -> list[str]:
    """osixia's start program up to 2.1.5: a Python or JSON list behind a mark, or else one item, whatever it is."""
    for mark, read in (("#PYTHON2BASH:", ast.literal_eval), ("#JSON2BASH:", json.loads)):
        if value.startswith(mark):
            try:
                found = read(value[len(mark):].strip())
            except (SyntaxError, ValueError):
                found = value[len(mark):]
            return [str(item) for item in found] if isinstance(found, list) else [str(found)]
    return [value]


def _osixia(env: Env, items: Callable[[str], list[str]]) -> str:
    def get(name: str, default: str) -> str:
        return env.get(f"KEEPALIVED_{name}", default)  # set but empty stays empty

    peers = "\n".join(items(get("UNICAST_PEERS", "192.168.1.10 192.168.1.11")))
    addresses = "\n".join(items(get("VIRTUAL_IPS", "192.168.1.231 192.168.1.232")))
    return f"""global_defs {{
  default_interface {get("INTERFACE", "eth0")}
}}
vrrp_instance VI_1 {{
  interface {get("INTERFACE", "eth0")}
  state {get("STATE", "BACKUP")}
  virtual_router_id {get("ROUTER_ID", "51")}
  priority {get("PRIORITY", "150")}
  nopreempt
  unicast_peer {{
{peers}
  }}
  virtual_ipaddress {{
{addresses}
  }}
  authentication {{
    auth_type PASS
    auth_pass {get("PASSWORD", "d0cker")}
  }}
}}
"""


def osixia(env: Env, host: Host) -> str:
    return _osixia(env, _list)


def osixia_2_3(env: Env, host: Host) -> str:
    return _osixia(env, str.split)


def arcts(env: Env, host: Host) -> str:
    def get(name: str, default: str) -> str:
        return env.get(f"KEEPALIVED_{name}") or default  # empty is unset

    def numbered(name: str) -> str:
        pattern = re.compile(f"KEEPALIVED_{name}_[0-9]{{1,3}}")  # and in the order of the letters
        return "\n".join(env[key] for key in sorted(env) if pattern.search(key))

    state = get("STATE", "MASTER")
    interface = get("INTERFACE", "eth0")
    vrid = get("VIRTUAL_ROUTER_ID", "1")
    priority = get("PRIORITY", {"master": "200", "backup": "100"}.get(state.lower(), ""))
    excluded = numbered("VIRTUAL_IPADDRESS_EXCLUDED")
    return f"""global_defs {{
  router_id LVS_MAIN
}}
vrrp_instance MAIN {{
  state {state}
  interface {interface}
  virtual_router_id {vrid}
  priority {priority}
  advert_int {get("ADVERT_INT", "1")}
  unicast_src_ip {get("UNICAST_SRC_IP", host.address)}
  unicast_peer {{
{numbered("UNICAST_PEER")}
  }}
  authentication {{
    auth_type PASS
    auth_pass {get("AUTH_PASS", f"pwd{vrid}")}
  }}
  virtual_ipaddress {{
{numbered("VIRTUAL_IPADDRESS")}
  }}
{f"  virtual_ipaddress_excluded {{{chr(10)}{excluded}{chr(10)}  }}" if excluded else ""}
  track_interface {{
{numbered("TRACK_INTERFACE") or interface}
  }}
}}
"""


def _lb_vips(get: Callable[[str, str], str], authentication: str) -> str:
    """The file of NeoAssist and shawly. The check is one that passes: theirs looks for chains of a Rancher of 2017."""
    peers = "\n".join(get("UNICAST_PEERS", "").split())
    return f"""global_defs {{
  vrrp_version 2
  vrrp_garp_master_delay 1
  vrrp_garp_master_refresh 60
  script_user root
  enable_script_security
}}
vrrp_script chk_haproxy {{
  script "/bin/true"
  timeout 1
  interval 1
  fall 2
  rise 2
}}
vrrp_instance lb-vips {{
  state {get("STATE", "BACKUP")}
  interface {get("INTERFACE", "eth0")}
  virtual_router_id {get("VRID", "")}
  priority {get("PRIORITY", "100")}
  advert_int {get("ADVERT_INT", "1")}
{f"  unicast_peer {{{chr(10)}{peers}{chr(10)}  }}" if peers else ""}
  nopreempt
  track_script {{
    chk_haproxy
  }}
{authentication}
  virtual_ipaddress {{
    {get("VIRTUAL_IP", "")}/{get("VIRTUAL_MASK", "")} dev {get("INTERFACE", "eth0")}
  }}
}}
"""


def neoassist(env: Env, host: Host) -> str:
    def get(name: str, default: str) -> str:
        return env.get(name) or default

    return _lb_vips(get, f"  authentication {{\n    auth_type PASS\n    auth_pass {get('AUTH_PASS', 'blahblah')}\n  }}")


def shawly(env: Env, host: Host) -> str:
    def get(name: str, default: str) -> str:
        return env.get(f"KEEPALIVED_{name}") or default

    kind = get("AUTH_TYPE", "")
    return _lb_vips(get, f"  authentication {{\n    auth_type {kind}\n    auth_pass {get('AUTH_PASS', '')}\n  }}"
                    if kind else "")


GENERATORS: dict[str, Callable[[Env, Host], str]] = {
    "osixia": osixia, "osixia 2.3": osixia_2_3, "arcts": arcts, "neoassist": neoassist, "shawly": shawly}
