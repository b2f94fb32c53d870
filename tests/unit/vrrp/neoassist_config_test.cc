#include "tests/unit/vrrp/dialect_table.h"

namespace vip::vrrp {
namespace {

const Values kNeoassist{
    {"VIRTUAL_IP", "10.11.12.99"}, {"VIRTUAL_MASK", "24"}, {"VRID", "99"}, {"INTERFACE", "eth0"}};
const Values kShawly{
    {"KEEPALIVED_VIRTUAL_IP", "10.11.12.99"}, {"KEEPALIVED_VIRTUAL_MASK", "24"}, {"KEEPALIVED_VRID", "99"}};

Fields of_both(const std::string& origin, const std::string& interface, const std::string& auth) {
  return {{"managed", "no"},
          {"group", "lb-vips"},
          {"origin", origin},
          {"mark", "lb-vips:99"},
          {"lease", "auto"},
          {"signed", "no"},
          {"checks", ""},
          {"notify", ""},
          {"detailed_log", "no"},
          {"status_file", "/tmp/keepalived.data"},
          {"status_place", ""},
          {"status_port", ""},
          {"version", "2"},
          {"vrid", "99"},
          {"priority", "100"},
          {"interval", "1000"},
          {"preempt", "no"},
          {"preempt_delay", "0"},
          {"start_wait", "0"},
          {"start_grace", "0"},
          {"auth", auth},
          {"held", "10.11.12.99/24"},
          {"addresses", "10.11.12.99/24"},
          {"unadvertised", ""},
          {"announce", "0 100 500 1000; 60000"},
          {"transport", "multicast"},
          {"peers", ""},
          {"any_source", "yes"},
          {"ttl_min", "255"},
          {"interface", interface},
          {"source", ""},
          {"virtual_mac", "no"},
          {"accept", "yes"},
          {"duplicate_check", "no"},
          {"sync", ""}};
}

std::string listening(const std::string& name, const std::string& where) {
  return name + " listening " + where + " every 1000 timeout 1000 rise 2 fall 2 weight 0";
}

TEST(Neoassist, TheSmallestEnvironmentMeansWhatItMeantThere) {
  const auto outcome = read_dialect(config_from_neoassist, kNeoassist);
  EXPECT_EQ(outcome.errors + outcome.warnings, "");
  EXPECT_EQ(fields_of(outcome.config), of_both("neoassist", "eth0", "1:blahblah"));
}

TEST(Shawly, TheSmallestEnvironmentMeansWhatItMeantThere) {
  const auto outcome = read_dialect(config_from_shawly, kShawly);
  EXPECT_EQ(outcome.errors + outcome.warnings, "");
  EXPECT_EQ(fields_of(outcome.config), of_both("shawly", "auto", "0:"));
}

// What both have; `prefix` before each name.
std::vector<Row> rows_of_both(const std::string& prefix) {
  const Fields unicast{{"transport", "unicast"}, {"peers", "10.11.12.1 10.11.12.2"}, {"ttl_min", "0"}};
  const auto address = [](const std::string& text) { return Fields{{"held", text}, {"addresses", text}}; };
  std::vector<Row> rows{
      {"VIRTUAL_IP", std::nullopt, {}, "", "not set; needed is one IPv4 address", {}},
      {"VIRTUAL_IP", "", {}, "", "not set; needed is one IPv4 address", {}},
      {"VIRTUAL_IP", "\"10.11.12.98\"", address("10.11.12.98/24"), "", "", {}},
      {"VIRTUAL_IP", "192.168.4.206", address("192.168.4.206/24"), "", "", {}},  // its pattern refused this
                                                                                 // one
      {"VIRTUAL_IP", "10.11.12.99/24", {}, "", "is not allowed; one IPv4 address", {}},
      {"VIRTUAL_IP", "10.11.12", {}, "", "is not allowed; one IPv4 address", {}},
      {"VIRTUAL_IP", "fd00::1", {}, "", "is not allowed; one IPv4 address", {}},
      {"VIRTUAL_IP", "224.0.0.18", {}, "", "is not allowed; one IPv4 address", {}},
      {"VIRTUAL_MASK", std::nullopt, {}, "", "not set; needed is the address' prefix length", {}},
      {"VIRTUAL_MASK", "32", address("10.11.12.99/32"), "", "", {}},
      {"VIRTUAL_MASK", "'16'", address("10.11.12.99/16"), "", "", {}},
      {"VIRTUAL_MASK", "0", {}, "", "'0' is not allowed; a whole number from 1 to 32", {}},
      {"VIRTUAL_MASK", "33", {}, "", "'33' is not allowed", {}},
      {"VIRTUAL_MASK", "255.255.255.0", {}, "", "'255.255.255.0' is not allowed", {}},
      {"VRID", std::nullopt, {}, "", "not set; needed is a whole number from 1 to 255", {}},
      {"VRID", "", {}, "", "not set; needed is", {}},
      {"VRID", "206", {{"vrid", "206"}, {"mark", "lb-vips:206"}}, "", "", {}},  // nor did its pattern take
                                                                                // this
      {"VRID", "\"7\"", {{"vrid", "7"}, {"mark", "lb-vips:7"}}, "", "", {}},
      {"VRID", "0", {}, "", "'0' is not allowed; a whole number from 1 to 255", {}},
      {"VRID", "256", {}, "", "'256' is not allowed", {}},
      {"VRID", "a", {}, "", "'a' is not allowed", {}},
      {"INTERFACE", "br-lan", {{"interface", "br-lan"}}, "", "", {}},
      {"INTERFACE", "", {{"interface", "auto"}}, "", "", {}},
      {"INTERFACE", "auto", {{"interface", "auto"}}, "", "", {}},
      {"INTERFACE", std::nullopt, {{"interface", "auto"}}, "", "", {}},

      {"CHECK_PORT", "443", {{"checks", listening(prefix + "CHECK_PORT", "port 443")}}, "", "", {}},
      {"CHECK_PORT", "\"443\"", {{"checks", listening(prefix + "CHECK_PORT", "port 443")}}, "", "", {}},
      {"CHECK_PORT", "", {}, "", "", {}},
      {"CHECK_PORT", "0", {}, "", "'0' is not allowed; a whole number from 1 to 65535", {}},
      {"CHECK_PORT", "https", {}, "", "'https' is not allowed", {}},
      {"CHECK_IP", "any", {}, "", "", {}},
      {"CHECK_IP", "", {}, "", "", {}},
      {"CHECK_IP", "10.11.12.99", {}, "nothing is checked, ignoring", "", {}},
      {"CHECK_SCRIPT",
       "curl -sf http://localhost/ | grep -q ok",
       {{"checks",
         prefix + "CHECK_SCRIPT script [curl -sf http://localhost/ | grep -q ok] every 1000 timeout 1000 "
                  "rise 2 fall 2 weight 0"}},
       "",
       "",
       {}},
      {"CHECK_SCRIPT",
       "\"/check.sh\"",
       {{"checks",
         prefix + "CHECK_SCRIPT script [/check.sh] every 1000 timeout 1000 rise 2 fall 2 weight 0"}},
       "",
       "",
       {}},
      {"CHECK_SCRIPT", "", {}, "", "", {}},

      {"STATE", "MASTER", {{"preempt", "yes"}, {"start_wait", "1003"}}, "", "", {}},
      {"STATE", "backup", {}, "", "", {}},
      {"STATE", "", {}, "", "", {}},
      {"STATE", "FIRST", {}, "'FIRST' is neither MASTER nor BACKUP", "", {}},
      {"PRIORITY", "150", {{"priority", "150"}}, "", "", {}},
      {"PRIORITY", "255", {{"priority", "255"}, {"preempt", "yes"}}, "", "", {}},
      {"PRIORITY", "", {}, "", "", {}},
      {"PRIORITY", "0", {}, "", "'0' is not allowed", {}},
      {"ADVERT_INT", "2", {{"interval", "2000"}}, "", "", {}},
      {"ADVERT_INT", "0.2", {}, "taking 1 as keepalived does", "", {}},
      {"ADVERT_INT", "soon", {}, "", "'soon' is not allowed", {}},
      {"UNICAST_SRC_IP", "10.11.12.1", {{"source", "10.11.12.1"}}, "", "", {}},
      {"UNICAST_SRC_IP", "x", {}, "", "'x' is not allowed; an address of this host", {}},
      {"UNICAST_PEERS", "10.11.12.1 10.11.12.2", unicast, "", "", {}},
      {"UNICAST_PEERS", "10.11.12.1,10.11.12.2", unicast, "", "", {}},
      {"UNICAST_PEERS", "", {}, "", "", {}},
      {"UNICAST_PEERS", "n1", {}, "", "'n1' is not allowed; addresses of hosts", {}},
  };
  for (auto& row : rows) row.variable = prefix + row.variable;
  rows.push_back({"SWARM_VIP_LEASE", "off", {{"lease", "off"}}, "", "", {}});
  rows.push_back({"SWARM_VIP_LEES", "off", {}, "the nearest is SWARM_VIP_LEASE", "", {}});
  return rows;
}

TEST(Neoassist, EachVariableAlone) {
  check_rows(config_from_neoassist, kNeoassist, rows_of_both(""));
  check_rows(config_from_neoassist, kNeoassist,
             {{"AUTH_PASS", "s3cr3t", {{"auth", "1:s3cr3t"}}, "", "", {}},
              {"AUTH_PASS", "\"s3cr3t\"", {{"auth", "1:s3cr3t"}}, "", "", {}},
              {"AUTH_PASS", "", {}, "", "", {}},
              {"AUTH_PASS", "123456789", {{"auth", "1:12345678"}}, "AUTH_PASS: 9 bytes", "", {}},
              {"PATH", "/bin", {}, "", "", {}}});
}

TEST(Shawly, EachVariableAlone) {
  check_rows(config_from_shawly, kShawly, rows_of_both("KEEPALIVED_"));
  check_rows(
      config_from_shawly, kShawly,
      {{"KEEPALIVED_AUTH_TYPE", "", {}, "", "", {}},
       {"KEEPALIVED_AUTH_TYPE",
        "AH",
        {},
        "",
        "'AH' is not allowed; PASS, or nothing. RFC 3768 took AH out",
        {}},
       {"KEEPALIVED_AUTH_TYPE", "MD5", {}, "", "'MD5' is not allowed; PASS, or nothing", {}},
       {"KEEPALIVED_AUTH_PASS", "s3cr3t", {}, "without KEEPALIVED_AUTH_TYPE=PASS it has no meaning", "", {}},
       {"KEEPALIVED_CUSTOM_CONFIG", "false", {}, "", "", {}},
       {"KEEPALIVED_CUSTOM_CONFIG", "true", {}, "", "'true' is not allowed; false; a keepalived.conf", {}},
       {"KEEPALIVED_VIRTUAL_IPS", "10.0.0.1", {}, "the nearest is KEEPALIVED_VIRTUAL_IP", "", {}},
       {"TZ", "Europe/Berlin", {}, "", "", {}}});
  auto with_type = kShawly;
  with_type["KEEPALIVED_AUTH_TYPE"] = "pass";
  with_type["KEEPALIVED_AUTH_PASS"] = "s3cr3t";
  EXPECT_EQ(fields_of(read_dialect(config_from_shawly, with_type).config).at("auth"), "1:s3cr3t");
  with_type.erase("KEEPALIVED_AUTH_PASS");
  EXPECT_EQ(read_dialect(config_from_shawly, with_type).errors,
            "KEEPALIVED_AUTH_PASS: not set; needed is the password that all members share, 1 to 8 bytes");
}

TEST(Neoassist, ThePortMayBeAskedForByOneAddress) {
  auto values = kNeoassist;
  values["CHECK_PORT"] = "443";
  for (const std::string any : {"", "any", "ANY", "\"any\""}) {
    values["CHECK_IP"] = any;
    EXPECT_EQ(fields_of(read_dialect(config_from_neoassist, values).config).at("checks"),
              listening("CHECK_PORT", "port 443"));
  }
  values["CHECK_IP"] = "10.11.12.99";
  EXPECT_EQ(fields_of(read_dialect(config_from_neoassist, values).config).at("checks"),
            listening("CHECK_PORT", "10.11.12.99 port 443"));
  values["CHECK_IP"] = "localhost";
  EXPECT_EQ(read_dialect(config_from_neoassist, values).errors,
            "CHECK_IP: 'localhost' is not allowed; any, or an address such as 192.0.2.10");
  values["CHECK_SCRIPT"] = "true";
  values["CHECK_IP"] = "any";
  const auto outcome = read_dialect(config_from_neoassist, values);
  EXPECT_EQ(outcome.warnings, "CHECK_SCRIPT: takes the place of CHECK_PORT and CHECK_IP");
  EXPECT_EQ(outcome.config.checks.size(), 1U);
}

TEST(Neoassist, AllFaultsAreSaidAtOnce) {
  const auto text =
      read_dialect(config_from_neoassist, {{"VRID", "0"}, {"PRIORITY", "x"}, {"CHECK_PORT", "y"}}).errors;
  for (const auto* name :
       {"VRID: '0'", "PRIORITY: 'x'", "CHECK_PORT: 'y'", "VIRTUAL_IP: not set", "VIRTUAL_MASK: not set"})
    EXPECT_NE(text.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace vip::vrrp
