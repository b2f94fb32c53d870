#include "common/metrics/exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "common/base/assert.h"

namespace vip::metrics {
namespace {

constexpr double kWholeMax = 9007199254740992.0;  // 2^53: a double has every whole number up to here

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::counter:
      return "counter";
    case Kind::gauge:
      return "gauge";
    case Kind::histogram:
      return "histogram";
  }
  return "untyped";
}

void append_escaped(std::string& text, std::string_view raw, bool in_quotes) {
  const auto is_special = [](char byte) { return byte == '\n' || byte == '\\' || byte == '"'; };
  if (std::ranges::none_of(raw, is_special)) {
    text += raw;
    return;
  }
  for (const char byte : raw) {
    if (byte == '\n') {
      text += "\\n";
      continue;
    }
    if (byte == '\\' || (in_quotes && byte == '"')) text += '\\';
    text += byte;
  }
}

void append_number(std::string& text, double value) {
  if (std::isnan(value)) {
    text += "NaN";
    return;
  }
  if (std::isinf(value)) {
    text += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  std::array<char, 32> digits{};
  char* const end = digits.data() + digits.size();
  const bool whole = std::abs(value) <= kWholeMax && value == std::trunc(value);
  const auto written = whole ? std::to_chars(digits.data(), end, static_cast<std::int64_t>(value))
                             : std::to_chars(digits.data(), end, value);
  text.append(digits.data(), written.ptr);
}

}  // namespace

WrittenLabels::WrittenLabels(const Labels& labels) {
  for (const auto& label : labels) add(label.name, label.value);
}

void WrittenLabels::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_ += name;
  text_ += "=\"";
  append_escaped(text_, value, /*in_quotes=*/true);
  text_ += '"';
}

void Exposition::family(Kind kind, std::string_view name, std::string_view help) {
  name_ = name;
  kind_ = kind;
  head_ = "# HELP ";
  head_ += name;
  head_ += ' ';
  append_escaped(head_, help, /*in_quotes=*/false);
  head_ += "\n# TYPE ";
  head_ += name;
  head_ += ' ';
  head_ += kind_name(kind);
  head_ += '\n';
}

void Exposition::sample(const Labels& labels, double value) {
  sample_written(WrittenLabels(labels), value);
}

void Exposition::sample_written(const WrittenLabels& labels, double value) {
  VIP_ASSERT(kind_ != Kind::histogram);
  line("", labels.text(), value);
}

void Exposition::histogram(const Labels& labels, std::span<const double> bounds,
                           std::span<const std::uint64_t> counts, double sum) {
  histogram_written(WrittenLabels(labels), bounds, counts, sum);
}

void Exposition::histogram_written(const WrittenLabels& labels, std::span<const double> bounds,
                                   std::span<const std::uint64_t> counts, double sum) {
  VIP_ASSERT(kind_ == Kind::histogram && counts.size() == bounds.size() + 1);
  auto bounded = labels;
  std::uint64_t up_to = 0;
  std::string bound;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    up_to += counts[i];
    bound.clear();
    append_number(bound, i < bounds.size() ? bounds[i] : HUGE_VAL);
    bounded.add("le", bound);
    line("_bucket", bounded.text(), static_cast<double>(up_to));
    bounded.cut_to(labels.text().size());
  }
  line("_sum", labels.text(), sum);
  line("_count", labels.text(), static_cast<double>(up_to));
}

std::string Exposition::text() && {
  return std::move(text_);
}

void Exposition::line(std::string_view suffix, std::string_view labels, double value) {
  text_ += head_;
  head_.clear();
  text_ += name_;
  text_ += suffix;
  if (!labels.empty()) {
    text_ += '{';
    text_ += labels;
    text_ += '}';
  }
  text_ += ' ';
  append_number(text_, value);
  text_ += '\n';
}

}  // namespace vip::metrics
