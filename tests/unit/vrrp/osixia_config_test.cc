#include "tests/unit/vrrp/dialect_table.h"

namespace vip::vrrp {
namespace {

const Values kMinimum{{"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3"},
                      {"KEEPALIVED_UNICAST_PEERS", "192.168.4.1,192.168.4.2"}};
constexpr auto kDefaultNotify = "/container/service/keepalived/assets/notify.sh";

Outcome read(const Values& values) {
  return read_dialect(config_from_osixia, values);
}

TEST(Osixia, TheSmallestEnvironmentMeansWhatItMeantThere) {
  const auto outcome = read(kMinimum);
  EXPECT_EQ(outcome.errors + outcome.warnings, "");
  EXPECT_EQ(fields_of(outcome.config), (Fields{{"managed", "no"},
                                               {"group", "VI_1"},
                                               {"origin", "osixia"},
                                               {"mark", "VI_1:51"},
                                               {"lease", "auto"},
                                               {"signed", "no"},
                                               {"checks", ""},
                                               {"notify", ""},
                                               {"detailed_log", "no"},
                                               {"status_file", ""},
                                               {"status_place", ""},
                                               {"status_port", ""},
                                               {"version", "2"},
                                               {"vrid", "51"},
                                               {"priority", "150"},
                                               {"interval", "1000"},
                                               {"preempt", "no"},
                                               {"preempt_delay", "0"},
                                               {"start_wait", "0"},
                                               {"start_grace", "0"},
                                               {"auth", "1:d0cker"},
                                               {"held", "192.168.4.3/32"},
                                               {"addresses", "192.168.4.3/32"},
                                               {"unadvertised", ""},
                                               {"announce", "0 100 500 1000 5000; 0"},
                                               {"transport", "unicast"},
                                               {"peers", "192.168.4.1 192.168.4.2"},
                                               {"any_source", "yes"},
                                               {"ttl_min", "0"},
                                               {"interface", "eth0"},
                                               {"source", ""},
                                               {"virtual_mac", "no"},
                                               {"accept", "yes"},
                                               {"duplicate_check", "no"},
                                               {"sync", ""}}));
}

TEST(Osixia, EachVariableAlone) {
  const Fields multicast{{"transport", "multicast"}, {"peers", ""}, {"ttl_min", "255"}};
  const Fields two{{"held", "192.168.4.3/32 192.168.4.4/32"}, {"addresses", "192.168.4.3/32 192.168.4.4/32"}};
  const Fields of_ipv6{
      {"version", "3"},           {"auth", "0:"}, {"held", "fd00::5/64"}, {"addresses", "fd00::5/64"},
      {"transport", "multicast"}, {"peers", ""},  {"ttl_min", "255"}};
  check_rows(
      config_from_osixia, kMinimum,
      {
          {"KEEPALIVED_INTERFACE", "ens3", {{"interface", "ens3"}}, "", "", {}},
          {"KEEPALIVED_INTERFACE", "\"ens3\"", {{"interface", "ens3"}}, "", "", {}},
          {"KEEPALIVED_INTERFACE", "", {{"interface", "auto"}}, "", "", {}},
          {"KEEPALIVED_INTERFACE", "auto", {{"interface", "auto"}}, "", "", {}},

          {"KEEPALIVED_STATE", "BACKUP", {}, "", "", {}},
          {"KEEPALIVED_STATE", "", {}, "", "", {}},
          {"KEEPALIVED_STATE", "MASTER", {{"preempt", "yes"}, {"start_wait", "1003"}}, "", "", {}},
          {"KEEPALIVED_STATE", "master", {{"preempt", "yes"}, {"start_wait", "1003"}}, "", "", {}},
          {"KEEPALIVED_STATE", "'MASTER'", {{"preempt", "yes"}, {"start_wait", "1003"}}, "", "", {}},
          {"KEEPALIVED_STATE", "LEADER", {}, "'LEADER' is neither MASTER nor BACKUP, taking BACKUP", "", {}},

          {"KEEPALIVED_ROUTER_ID", "1", {{"vrid", "1"}, {"mark", "VI_1:1"}}, "", "", {}},
          {"KEEPALIVED_ROUTER_ID", "255", {{"vrid", "255"}, {"mark", "VI_1:255"}}, "", "", {}},
          {"KEEPALIVED_ROUTER_ID", "\"52\"", {{"vrid", "52"}, {"mark", "VI_1:52"}}, "", "", {}},
          {"KEEPALIVED_ROUTER_ID", "", {}, "", "", {}},
          {"KEEPALIVED_ROUTER_ID", "0", {}, "", "'0' is not allowed; a whole number from 1 to 255", {}},
          {"KEEPALIVED_ROUTER_ID", "256", {}, "", "'256' is not allowed; a whole number from 1 to 255", {}},
          {"KEEPALIVED_ROUTER_ID", "5x", {}, "", "'5x' is not allowed; a whole number from 1 to 255", {}},

          {"KEEPALIVED_PRIORITY", "200", {{"priority", "200"}}, "", "", {}},
          {"KEEPALIVED_PRIORITY", "255", {{"priority", "255"}, {"preempt", "yes"}}, "", "", {}},
          {"KEEPALIVED_PRIORITY", "", {}, "", "", {}},
          {"KEEPALIVED_PRIORITY", "'100'", {{"priority", "100"}}, "", "", {}},
          {"KEEPALIVED_PRIORITY", "0", {}, "", "'0' is not allowed; a whole number from 1 to 255", {}},
          {"KEEPALIVED_PRIORITY", "300", {}, "", "'300' is not allowed; a whole number from 1 to 255", {}},
          {"KEEPALIVED_PRIORITY", "abc", {}, "", "'abc' is not allowed; a whole number from 1 to 255", {}},

          {"KEEPALIVED_UNICAST_PEERS", std::nullopt, multicast, "nobody, so it speaks by multicast", "", {}},
          {"KEEPALIVED_UNICAST_PEERS", "", multicast, "nobody, so it speaks by multicast", "", {}},
          {"KEEPALIVED_UNICAST_PEERS", "#PYTHON2BASH:[]", multicast, "nobody, so it speaks", "", {}},
          {"KEEPALIVED_UNICAST_PEERS",
           "#PYTHON2BASH:['192.168.4.9', \"192.168.4.8\",]",
           {{"peers", "192.168.4.9 192.168.4.8"}},
           "",
           "",
           {}},
          {"KEEPALIVED_UNICAST_PEERS",
           "#JSON2BASH:[\"192.168.4.9\"]",
           {{"peers", "192.168.4.9"}},
           "",
           "",
           {}},
          {"KEEPALIVED_UNICAST_PEERS", "#PYTHON2BASH: 192.168.4.9", {{"peers", "192.168.4.9"}}, "", "", {}},
          {"KEEPALIVED_UNICAST_PEERS",
           "\"192.168.4.9 192.168.4.8\"",
           {{"peers", "192.168.4.9 192.168.4.8"}},
           "",
           "",
           {}},
          {"KEEPALIVED_UNICAST_PEERS", "192.168.4.9,192.168.4.9", {{"peers", "192.168.4.9"}}, "", "", {}},
          {"KEEPALIVED_UNICAST_PEERS",
           "192.168.4.9,fd00::1",
           {{"peers", "192.168.4.9"}},
           "fd00::1 is not of the addresses' family",
           "",
           {}},
          {"KEEPALIVED_UNICAST_PEERS", "#PYTHON2BASH:['a'", {}, "", "is not a list such as", {}},
          {"KEEPALIVED_UNICAST_PEERS", "#PYTHON2BASH:('192.168.4.1',)", {}, "", "is not a list such as", {}},
          {"KEEPALIVED_UNICAST_PEERS", "node2", {}, "", "'node2' is not allowed; addresses of hosts", {}},
          {"KEEPALIVED_UNICAST_PEERS", "224.0.0.18", {}, "", "'224.0.0.18' is not allowed", {}},

          {"KEEPALIVED_VIRTUAL_IPS", std::nullopt, {}, "", "not set; needed is a list such as", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "", {}, "", "not set; needed is a list such as", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "#PYTHON2BASH:[]", {}, "", "is not allowed; at least one item", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "#PYTHON2BASH:['192.168.4.3', '192.168.4.4']", two, "", "", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "#JSON2BASH:[\"192.168.4.3\", \"192.168.4.4\"]", two, "", "", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3,192.168.4.4", two, "", "", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3 192.168.4.4", two, "", "", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3\n192.168.4.4\n", two, "", "", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "'192.168.4.3 192.168.4.4'", two, "", "", {}},
          {"KEEPALIVED_VIRTUAL_IPS",
           "192.168.4.3/24 dev eth1",
           {{"held", "192.168.4.3/24"}, {"addresses", "192.168.4.3/24@eth1"}},
           "",
           "",
           {}},
          {"KEEPALIVED_VIRTUAL_IPS",
           "#PYTHON2BASH:['192.168.4.3/24 brd 192.168.4.255 dev eth1']",
           {{"held", "192.168.4.3/24"}, {"addresses", "192.168.4.3/24@eth1"}},
           "'brd 192.168.4.255' of 192.168.4.3 has no meaning here",
           "",
           {}},
          {"KEEPALIVED_VIRTUAL_IPS",
           "fd00::5/64",
           of_ipv6,
           "192.168.4.1 is not of the addresses' family",
           "",
           {}},
          {"KEEPALIVED_VIRTUAL_IPS",
           "fd00::5/64, 192.168.4.3",
           of_ipv6,
           "192.168.4.3 is not of the first address' family, leaving it out as keepalived does",
           "",
           {}},
          {"KEEPALIVED_VIRTUAL_IPS",
           "192.168.4.3, fd00::5/64",
           {},
           "fd00::5 is not of the first address' family, leaving it out as keepalived does",
           "",
           {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.300", {}, "", "'192.168.4.300' is not an address", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3/33", {}, "", "'192.168.4.3/33' is not an address", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3/0", {}, "", "'192.168.4.3/0' is not allowed", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "224.0.0.1", {}, "", "'224.0.0.1' is not allowed", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3,192.168.4.3/24", {}, "", "each address once", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "#PYTHON2BASH:['192.168.4.3'", {}, "", "is not a list such as", {}},
          {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3 device eth1", {}, "", "'device' is not an address", {}},

          {"KEEPALIVED_PASSWORD", "s3cr3t", {{"auth", "1:s3cr3t"}}, "", "", {}},
          {"KEEPALIVED_PASSWORD", "\"s3cr3t\"", {{"auth", "1:s3cr3t"}}, "", "", {}},
          {"KEEPALIVED_PASSWORD", "'s3cr3'", {{"auth", "1:'s3cr3'"}}, "", "", {}},
          {"KEEPALIVED_PASSWORD", "", {{"auth", "0:"}}, "", "", {}},
          {"KEEPALIVED_PASSWORD", "a&b|c", {{"auth", "1:a&b|c"}}, "", "", {}},
          {"KEEPALIVED_PASSWORD", "two words", {{"auth", "1:two"}}, "only its first word counts", "", {}},
          {"KEEPALIVED_PASSWORD", "\"two words\"", {{"auth", "1:two word"}}, "9 bytes", "", {}},
          {"KEEPALIVED_PASSWORD", "zq!zq", {{"auth", "1:zq"}}, "only its first word counts", "", {}},
          {"KEEPALIVED_PASSWORD", "zq#zq", {{"auth", "1:zq"}}, "only its first word counts", "", {}},
          {"KEEPALIVED_PASSWORD", "your_secure_password", {{"auth", "1:your_sec"}}, "20 bytes", "", {}},

          {"KEEPALIVED_NOTIFY", std::nullopt, {{"notify", kDefaultNotify}}, "", "", {kDefaultNotify}},
          {"KEEPALIVED_NOTIFY", kDefaultNotify, {}, "", "", {}},
          {"KEEPALIVED_NOTIFY", kDefaultNotify, {{"notify", kDefaultNotify}}, "", "", {kDefaultNotify}},
          {"KEEPALIVED_NOTIFY", "", {}, "", "", {kDefaultNotify}},
          {"KEEPALIVED_NOTIFY", "/n.sh", {{"notify", "/n.sh"}}, "", "", {"/n.sh"}},
          {"KEEPALIVED_NOTIFY", "\"/n.sh\"", {{"notify", "/n.sh"}}, "", "", {"/n.sh"}},
          {"KEEPALIVED_NOTIFY", "/n.sh", {{"notify", "/n.sh"}}, "'/n.sh': no such file", "", {}},
          {"KEEPALIVED_NOTIFY", "/n.sh web", {{"notify", "/n.sh web"}}, "", "", {}},
          {"KEEPALIVED_NOTIFY_SCRIPT", "/n.sh", {{"notify", "/n.sh"}}, "", "", {"/n.sh"}},
          {"KEEPALIVED_NOTIFY_SCRIPT", "", {}, "", "", {kDefaultNotify}},
          {"KEEPALIVED_NOTIFY_SCRIPT",
           "/container/services/keepalived/assets/scripts/notify.sh",
           {},
           "",
           "",
           {}},

          {"KEEPALIVED_COMMAND_LINE_ARGUMENTS",
           "--log-detail --dump-conf",
           {{"detailed_log", "yes"}},
           "--log-detail means SWARM_VIP_LOG_LEVEL=debug",
           "",
           {}},
          {"KEEPALIVED_COMMAND_LINE_ARGUMENTS", "-D", {{"detailed_log", "yes"}}, "ignoring", "", {}},
          {"KEEPALIVED_COMMAND_LINE_ARGUMENTS", "-x", {}, "'-x': keepalived's own, ignoring", "", {}},
          {"KEEPALIVED_COMMAND_LINE_ARGUMENTS", "", {}, "", "", {}},

          {"KEEPALIVED_CONF", "/etc/k.conf", {}, "/etc/k.conf is there and is not read", "", {"/etc/k.conf"}},
          {"KEEPALIVED_CONF", "/etc/k.conf", {}, "", "", {}},
          {"KEEPALIVED_CONF_TEMPLATE", "/t", {}, "", "", {}},
          {"KEEPALIVED_CONF_RELOAD_SCRIPT", "/r", {}, "", "", {}},
          {"KEEPALIVED_IP", "192.168.4.1", {}, "", "", {}},

          {"SWARM_VIP_LEASE", "10s", {{"lease", "10s"}}, "", "", {}},
          {"SWARM_VIP_LEASE", "off", {{"lease", "off"}}, "", "", {}},
          {"SWARM_VIP_LEASE", "1s", {}, "", "'1s' is not allowed; auto, off, or whole seconds", {}},
          {"SWARM_VIP_LISTEN", "192.0.2.11:9112", {{"status_place", "192.0.2.11 port 9112"}}, "", "", {}},
          {"SWARM_VIP_LISTEN", "[2001:db8::11]:80", {{"status_place", "2001:db8::11 port 80"}}, "", "", {}},
          {"SWARM_VIP_LISTEN", "off", {}, "", "", {}},
          {"SWARM_VIP_LISTEN", "9112", {}, "", "'9112' is not allowed; ADDRESS:PORT", {}},
          {"KEEPALIVED_ROUTERID",
           "52",
           {},
           "no such setting of osixia's, ignoring; the nearest is KEEPALIVED_ROUTER_ID",
           "",
           {}},
          {"SWARM_VIP_LEASES", "5s", {}, "the nearest is SWARM_VIP_LEASE", "", {}},
          {"UNRELATED", "x", {}, "", "", {}},
      });
}

TEST(Osixia, FilesOfItsUsersAreMentioned) {
  for (const std::string file :
       {"/container/service/keepalived/assets/keepalived.conf", "/usr/local/etc/keepalived/keepalived.conf",
        "/etc/keepalived/keepalived.conf", "/container/environment"}) {
    EXPECT_TRUE(read_dialect(config_from_osixia, kMinimum, {file}).warnings.starts_with(file + " is there"))
        << file;
  }
}

TEST(Osixia, OverIpv6ThePeersAreOfIpv6AndThePasswordIsNone) {
  const auto outcome = read({{"KEEPALIVED_VIRTUAL_IPS", "fd00::5/64"},
                             {"KEEPALIVED_UNICAST_PEERS", "fd00::1 fd00::2"},
                             {"KEEPALIVED_PASSWORD", "s3cr3t"}});
  const auto fields = fields_of(outcome.config);
  EXPECT_EQ(fields.at("version") + fields.at("transport") + " " + fields.at("peers"),
            "3unicast fd00::1 fd00::2");
  EXPECT_EQ(fields.at("auth"), "0:");
  EXPECT_NE(outcome.warnings.find("KEEPALIVED_PASSWORD: addresses of IPv6 mean"), std::string::npos);
}

TEST(Osixia, AllFaultsAreSaidAtOnce) {
  const auto text = read({{"KEEPALIVED_ROUTER_ID", "0"},
                          {"KEEPALIVED_PRIORITY", "x"},
                          {"KEEPALIVED_UNICAST_PEERS", "y"},
                          {"SWARM_VIP_LEASE", "z"}})
                        .errors;
  for (const auto* name : {"KEEPALIVED_ROUTER_ID", "KEEPALIVED_PRIORITY", "KEEPALIVED_VIRTUAL_IPS",
                           "KEEPALIVED_UNICAST_PEERS", "SWARM_VIP_LEASE"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
}

TEST(Osixia, APasswordIsNeverSaid) {
  for (const std::string password : {"zqzqzqzqzq", "zqzq zq", "\"zqzq", "zqzq#zq"}) {
    auto values = kMinimum;
    values["KEEPALIVED_PASSWORD"] = password;
    const auto outcome = read(values);
    EXPECT_NE(outcome.warnings, "");
    EXPECT_EQ((outcome.warnings + outcome.errors).find("zq"), std::string::npos) << outcome.warnings;
  }
}

}  // namespace
}  // namespace vip::vrrp
