"""The commands of other people's pages, word by word; and what NeoAssist's asks for: a listener on port 443."""

# geek-cookbook's page, and the copy of it with other addresses and another version: osixia, each node listed by both.
COOKBOOK = """docker run -d --name keepalived --restart=always \\
  --cap-add=NET_ADMIN --net=host \\
  -e KEEPALIVED_UNICAST_PEERS="#PYTHON2BASH:['192.168.4.1', '192.168.4.2']" \\
  -e KEEPALIVED_VIRTUAL_IPS=192.168.4.3 \\
  -e KEEPALIVED_PRIORITY={priority} \\
  osixia/keepalived:1.3.5"""
COPY = """docker run -d --name keepalived --restart=always \\
  --cap-add=NET_ADMIN --net=host \\
  -e KEEPALIVED_UNICAST_PEERS="#PYTHON2BASH:['192.168.9.26', '192.168.9.27']" \\
  -e KEEPALIVED_VIRTUAL_IPS=192.168.9.144 \\
  -e KEEPALIVED_PRIORITY={priority} \\
  osixia/keepalived:2.0.15"""
# A page about unbound: arcts, a compose file on one node and a command on the other.
COMPOSE = """keepalived:
     container_name: keepalived
     image: arcts/keepalived:latest
     environment:
       - KEEPALIVED_AUTOCONF=true
       - KEEPALIVED_STATE=MASTER
       - KEEPALIVED_INTERFACE=eth0
       - KEEPALIVED_VIRTUAL_ROUTER_ID=2
       - KEEPALIVED_UNICAST_SRC_IP=10.2.1.10
       - KEEPALIVED_UNICAST_PEER_0=10.2.1.11
       - KEEPALIVED_TRACK_INTERFACE_1=eth0
       - KEEPALIVED_VIRTUAL_IPADDRESS_1="10.2.1.12/24 dev eth0"
     network_mode: "host"
     cap_add:
       - NET_ADMIN
"""
UNBOUND = """docker run -d --name keepalived --net=host --cap-add NET_ADMIN \\
-e KEEPALIVED_AUTOCONF=true               	\\
-e KEEPALIVED_STATE=BACKUP           		\\
-e KEEPALIVED_INTERFACE=eth0                \\
-e KEEPALIVED_VIRTUAL_ROUTER_ID=2           \\
-e KEEPALIVED_UNICAST_SRC_IP=10.2.1.11    	\\
-e KEEPALIVED_UNICAST_PEER_0=10.2.1.10     \\
-e KEEPALIVED_TRACK_INTERFACE_1=eth0        \\
-e KEEPALIVED_VIRTUAL_IPADDRESS_1="10.2.1.12/24 dev eth0" \\
arcts/keepalived
"""
# NeoAssist's own page, typing error and all.
NEOASSIST = ("docker run -d --privileged --net host --name keepalived -e VIRTUAL_IP=10.11.12.99 -e CHECK_PORT=443 "
             "-e VIRTUAL_MASK=24 -e VRID=99 -e INTERFACE=eht0 docker-keepalived")
LISTENER = "import socket; s = socket.create_server(('', 443)); s.listen(); import time; time.sleep(1000)"
