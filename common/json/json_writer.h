// JSON text written from front to back: no tree is made of it, so that a large document costs little where
// time matters. Members stand in the order in which they are written. Their names are the
// caller's own: plain words, and none twice in an object. Reading and changing documents is nlohmann's.
//
//   JsonWriter out;
//   out.object([&] {
//     out.member("name", name);
//     out.list("sizes", sizes, [&](int size) { out.value(size); });
//   });
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace vip {

class JsonWriter {
 public:
  // An object, or a list's item that is one: `members` writes what is in it.
  void object(const std::invocable auto& members) {
    separate();
    enclose('{', '}', members);
  }
  void object(std::string_view name, const std::invocable auto& members) {
    begin_member(name);
    enclose('{', '}', members);
  }
  // `write` is called with each item and writes it as a value or an object.
  void list(std::string_view name, const auto& items, const auto& write) {
    begin_member(name);
    enclose('[', ']', [&] {
      for (const auto& item : items) write(item);
    });
  }
  // A truth, a whole number or a text; what is no UTF-8 in a text is replaced by U+FFFD.
  template <typename Value>
  void member(std::string_view name, const Value& value) {
    begin_member(name);
    append(value);
  }
  template <typename Value>
  void value(const Value& value) {
    separate();
    append(value);
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  void separate() {
    if (!std::exchange(is_first_, false)) text_ += ',';
  }
  void begin_member(std::string_view name) {
    separate();
    text_ += '"';
    text_ += name;
    text_ += "\":";
  }
  void enclose(char opening, char closing, const auto& content) {
    text_ += opening;
    is_first_ = true;
    content();
    text_ += closing;
    is_first_ = false;
  }
  template <typename Value>
  void append(const Value& value) {
    if constexpr (std::same_as<Value, bool>) {
      text_ += value ? "true" : "false";
    } else if constexpr (std::integral<Value>) {
      std::array<char, std::numeric_limits<Value>::digits10 + 2> digits{};
      const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
      text_.append(digits.data(), written.ptr);
    } else {
      append_text(value);
    }
  }
  void append_text(std::string_view text);

  std::string text_;
  bool is_first_ = true;  // in what encloses it
};

}  // namespace vip
