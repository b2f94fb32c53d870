#include "vrrp/doctor/cloud.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace vip::vrrp {
namespace {

struct Platform {
  std::string_view file;  // of /sys/class/dmi/id
  std::string_view begins;
  std::string_view name;
  std::string_view remedy;
  bool certain = true;
};

constexpr std::string_view kOpenstackRemedy =
    "let every member's port carry the address (openstack port set --allowed-address ip-address=ADDRESS "
    "PORT), and "
    "let its security group pass IP protocol 112 and the status port";

// In this order: the first that fits says it. Of Microsoft only the asset tag tells Azure from a machine of
// one's own under Hyper-V.
constexpr std::array<Platform, 22> kPlatforms{{
    {"sys_vendor", "Amazon EC2", "Amazon EC2",
     "use a Network Load Balancer, or move an Elastic IP or a secondary private address by the EC2 API when "
     "a node "
     "becomes active"},
    {"bios_vendor", "Amazon EC2", "Amazon EC2",
     "use a Network Load Balancer, or move an Elastic IP or a secondary private address by the EC2 API when "
     "a node "
     "becomes active"},
    {"sys_vendor", "Google", "Google Cloud",
     "use an internal passthrough load balancer, or move an alias IP range by the Compute API when a node "
     "becomes "
     "active"},
    {"product_name", "Google Compute Engine", "Google Cloud",
     "use an internal passthrough load balancer, or move an alias IP range by the Compute API when a node "
     "becomes "
     "active"},
    {"chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "Microsoft Azure",
     "use an Azure load balancer, or move a secondary IP configuration by the Azure API when a node becomes "
     "active"},
    {"chassis_asset_tag", "OracleCloud", "Oracle Cloud",
     "use a network load balancer, or move a secondary private IP by the OCI API when a node becomes active"},
    {"sys_vendor", "DigitalOcean", "DigitalOcean",
     "use a reserved IP and assign it by the API when a node becomes active, or a load balancer"},
    {"sys_vendor", "Hetzner", "Hetzner Cloud",
     "use a floating IP, or an alias IP of a private network, and assign it by the API when a node becomes "
     "active"},
    {"sys_vendor", "Vultr", "Vultr",
     "use a reserved IP and attach it by the API when a node becomes active, or announce the address by BGP"},
    {"sys_vendor", "Linode", "Linode (Akamai)",
     "use IP sharing with its own BGP daemon (lelastic), or a NodeBalancer"},
    {"sys_vendor", "Akamai", "Linode (Akamai)",
     "use IP sharing with its own BGP daemon (lelastic), or a NodeBalancer"},
    {"sys_vendor", "Alibaba Cloud", "Alibaba Cloud",
     "use a high-availability virtual IP (HAVIP) of the VPC, or a load balancer"},
    {"sys_vendor", "Tencent Cloud", "Tencent Cloud",
     "use a high-availability virtual IP (HAVIP) of the VPC, or a load balancer"},
    {"chassis_asset_tag", "HUAWEICLOUD", "Huawei Cloud",
     "bind a virtual IP of the subnet to every member's port and switch off its source/destination check"},
    {"sys_vendor", "Scaleway", "Scaleway",
     "use a flexible IP and attach it by the API when a node becomes active, or a load balancer"},
    {"sys_vendor", "UpCloud", "UpCloud",
     "use a floating IP and move it by the API when a node becomes active"},
    {"product_name", "Exoscale", "Exoscale",
     "use a managed elastic IP, or attach the elastic IP to every member and announce it on loopback"},
    {"sys_vendor", "Yandex", "Yandex Cloud", "use a network load balancer"},
    {"sys_vendor", "OpenStack", "OpenStack", kOpenstackRemedy, false},
    {"product_name", "OpenStack", "OpenStack", kOpenstackRemedy, false},
    {"chassis_asset_tag", "OpenStack", "OpenStack", kOpenstackRemedy, false},
    {"sys_vendor", "RDO", "OpenStack", kOpenstackRemedy, false},
}};

}  // namespace

std::optional<Cloud> find_cloud(const std::map<std::string, std::string>& dmi) {
  const auto fits = [&](const Platform& platform) {
    const auto found = dmi.find(std::string(platform.file));
    return found != dmi.end() && found->second.starts_with(platform.begins);
  };
  const auto* const found = std::ranges::find_if(kPlatforms, fits);
  if (found == kPlatforms.end()) return std::nullopt;
  return Cloud{
      .name = std::string(found->name), .remedy = std::string(found->remedy), .certain = found->certain};
}

}  // namespace vip::vrrp
