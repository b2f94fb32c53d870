// A small program's description, with one of everything.
#pragma once

#include "common/cli/description.h"

namespace vip::cli {

inline Program sample() {
  return {
      .name = "boat",
      .what = "a boat that floats",
      .about = "Without a word it lies there.",
      .words =
          {{.name = "row",
            .what = "row to a place",
            .about = "With oars.",
            .arguments = {{.name = "PLACE", .what = "where to", .kind = Kind::node},
                          {.name = "STROKE", .what = "how", .choices = {"long", "short"}, .required = false}},
            .options = {{.name = "--fast", .value = "", .what = "hurry", .excludes = "STROKE"},
                        {.name = "--map", .value = "FILE", .what = "by a map", .kind = Kind::file},
                        {.name = "--crew", .value = "NAME", .what = "with", .repeats = true},
                        {.name = "--sing", .value = "SONG", .what = "and sing", .value_is_optional = true}},
            .examples = {{.command = "boat row shore", .what = "home"}},
            .exits = {{.status = 0, .what = "there"}, {.status = 3, .what = "sunk"}}},
           {.name = "lend", .what = "to others", .passes = true},
           {.name = "leak", .what = "nobody is to know", .hidden = true}},
      .settings = {{.title = "Settings",
                    .settings = {{.name = "BOAT_COLOUR", .key = "colour", .what = "the paint"}}}},
      .signals = {{.name = "SIGTERM", .what = "lands"}},
      .files = {{.name = "/etc/boat", .what = "the log"}},
      .exits = {{.status = 0, .what = "afloat"}, {.status = 2, .what = "not understood"}},
      .see_also = {{.name = "ship(8)", .what = "larger"}}};
}

}  // namespace vip::cli
