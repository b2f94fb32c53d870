#include "operator/settings/secret_file.h"

#include "common/base/text.h"

namespace vip::swarm {

std::string secret_of(const settings::Environment& env, std::string_view name, const std::string& path,
                      const FileReader& read_file, settings::Findings& findings) {
  const auto content = read_file(path);
  std::string secret(trim(content.value_or("")));
  if (!content) {
    findings.error(env.called(name) + ": " + content.error().context);
  } else if (secret.empty()) {
    findings.error(env.called(name) + ": " + path + ": empty");
  }
  return secret;
}

}  // namespace vip::swarm
