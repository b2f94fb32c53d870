// Numbers in Prometheus' text format, version 0.0.4: a pure writer. Families come in the order in which they
// are begun, samples in the order in which they are added; no name or set of labels may come twice, which is
// the caller's business.
//
//   # HELP swarmvip_address_held Whether this router holds the address.
//   # TYPE swarmvip_address_held gauge
//   swarmvip_address_held{group="web",vip="192.0.2.201"} 1
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vip::metrics {

inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

enum class Kind : std::uint8_t { counter, gauge, histogram };

struct Label {
  std::string_view name;
  std::string value;  // anything
};
using Labels = std::vector<Label>;

// Labels as they stand in a sample, for who has many samples with the same ones.
class WrittenLabels {
 public:
  WrittenLabels() = default;
  explicit WrittenLabels(const Labels& labels);
  void add(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& text() const { return text_; }
  // As they were when their text had this size.
  void cut_to(std::size_t size) { text_.resize(size); }

 private:
  std::string text_;
};

class Exposition {
 public:
  // Begins a family; what follows are its samples. A family without samples is left out. The name is one that
  // Prometheus allows.
  void family(Kind kind, std::string_view name, std::string_view help);
  void sample(const Labels& labels, double value);
  void sample_written(const WrittenLabels& labels, double value);
  // `bounds` are upper ones, ascending and without infinity; counts[i] of what was at most bounds[i] and
  // above the one before, and one more for what was above them all; `sum` of all that was observed.
  void histogram(const Labels& labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                 double sum);
  void histogram_written(const WrittenLabels& labels, std::span<const double> bounds,
                         std::span<const std::uint64_t> counts, double sum);
  [[nodiscard]] std::string text() &&;

 private:
  void line(std::string_view suffix, std::string_view labels, double value);

  std::string text_;
  std::string head_;  // of the family, until its first sample
  std::string name_;
  Kind kind_ = Kind::gauge;
};

}  // namespace vip::metrics
