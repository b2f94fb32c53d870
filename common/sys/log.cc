#include "common/sys/log.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/sys/patient_writer.h"
#include "common/sys/posix.h"

namespace vip::log {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames{"trace", "debug", "info", "warning", "error"};

// Half a megabyte of lines waits for a reader that is slow; a dead log driver must not stop a router.
constexpr std::size_t kPendingMax = 512U << 10U;

void append_quoted(std::string& line, std::string_view value) {
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      line += ' ';
    } else {
      line += c;
    }
  }
  line += '"';
}

void append_field(std::string& line, Format format, std::string_view key, std::string_view value) {
  if (format == Format::json) {
    line += line.empty() ? "{" : ",";
    append_quoted(line, key);
    line += ':';
    append_quoted(line, value);
    return;
  }
  if (!line.empty()) line += ' ';
  line += key;
  line += '=';
  const bool plain = !value.empty() && value.find_first_of(" \t\n\"=\\") == std::string_view::npos;
  if (plain) {
    line += value;
  } else {
    append_quoted(line, value);
  }
}

std::string line_of(Format format, Level level, std::string_view event, Fields fields) {
  std::string line;
  append_field(line, format, "ts", sys::wall_clock_text());
  append_field(line, format, "level", kLevelNames[static_cast<std::size_t>(level)]);
  append_field(line, format, "event", event);
  for (const auto& field : fields) append_field(line, format, field.key, field.value);
  if (format == Format::json) line += '}';
  return line;
}

class StdoutSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  StdoutSink() : writer_(STDOUT_FILENO, kPendingMax) {}
  void forget_pending() { writer_ = sys::PatientWriter(STDOUT_FILENO, kPendingMax); }
  void set(Format format) { format_ = format; }
  [[nodiscard]] Format format() const { return format_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (writer_.flush()) {
      if (const auto dropped = writer_.take_dropped(); dropped > 0) {
        writer_.write(line_of(format_, Level::warning, "log_dropped", {{"lines", std::to_string(dropped)}}) +
                      "\n");
      }
    }
    writer_.write(std::string(message.payload.data(), message.payload.size()) + "\n");
  }
  void flush_() override { (void)writer_.flush(); }

 private:
  sys::PatientWriter writer_;
  std::atomic<Format> format_ = Format::text;
};

struct Sink {
  std::shared_ptr<StdoutSink> out = std::make_shared<StdoutSink>();
  std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>("swarm-vip", out);
};

spdlog::level::level_enum level_of(Level level) {
  return static_cast<spdlog::level::level_enum>(level);  // the same order in both
}

Sink& sink() {
  static Sink instance;
  return instance;
}

}  // namespace

std::optional<Level> parse_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (equal_fold(kLevelNames[i], name)) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::optional<Format> parse_format(std::string_view name) {
  if (equal_fold(name, "text")) return Format::text;
  if (equal_fold(name, "json")) return Format::json;
  return std::nullopt;
}

void forget_pending() {
  sink().out->forget_pending();
}

void setup(Level level, Format format) {
  sink().out->set(format);
  sink().logger->set_level(level_of(level));
}

void write(Level level, std::string_view event, Fields fields) {
  auto& target = sink();
  if (!target.logger->should_log(level_of(level))) return;
  const auto line = line_of(target.out->format(), level, event, fields);
  target.logger->log(level_of(level), spdlog::string_view_t(line));
}

}  // namespace vip::log
