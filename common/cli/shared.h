// What words of both programs have in common, because one hands them over to the other.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/cli/completion.h"
#include "common/cli/description.h"

namespace vip::cli {

// An example, whole: most people have us as an image only.
[[nodiscard]] inline std::string docker_run(std::string_view options, std::string_view words) {
  std::string command = "docker run ";
  return command.append(options).append(" \"$SWARM_VIP_IMAGE\" ").append(words);
}

inline constexpr Option kJsonOption{.name = "--json", .value = "", .what = "as JSON, for programs"};

inline constexpr Option kWatchOption{
    .name = "--watch",
    .value = "INTERVAL",
    .what =
        "again and again until Ctrl-C: seconds, or a time such as 500ms, from 500ms to 60m; 2s where none "
        "stands. On a terminal in place, elsewhere one after the other; with --json one object in a line",
    .value_is_optional = true};

// Of doctor: a router that is none yet.
[[nodiscard]] inline std::vector<Option> doctor_options() {
  return {
      kJsonOption,
      {.name = "--address",
       .value = "ADDRESS[/LENGTH]",
       .what = "about a router that is none yet: the address it shall have",
       .repeats = true},
      {.name = "--interface",
       .value = "NAME",
       .what = "on this interface; else the one whose network has it"},
      {.name = "--vrid", .value = "NUMBER", .what = "with this router id, 1 to 255; else 51"},
      {.name = "--peer", .value = "ADDRESS", .what = "beside this other member", .repeats = true},
      {.name = "--plan", .value = "FILE", .what = "about the settings of a plan", .kind = Kind::file},
      {.name = "--node", .value = "ID", .what = "and of this node of it"},
  };
}

[[nodiscard]] inline Word completion_word(std::string example) {
  return {.name = "completion",
          .what = "the script by which a shell completes these words",
          .arguments = {{.name = "SHELL",
                         .what = "bash, zsh or fish",
                         .choices = {kShells.begin(), kShells.end()}}},
          .examples = {{.command = std::move(example),
                        .what = "in this shell; an alias or a function of that name has to be there before"}},
          .exits = {{.status = 0, .what = "fine"},
                    {.status = 1, .what = "nobody reads it"},
                    {.status = 2, .what = "wrong words"}}};
}

// For the build.
[[nodiscard]] inline Word man_page_word() {
  return {.name = "man-page", .what = "this program's man page", .hidden = true};
}

}  // namespace vip::cli
