// A listening socket and its visitors, within limits (see server.h). A visitor's life:
//
//   asking --> waiting --> answering --> parting --> gone
//      |          (its turn)   ^
//      +-- refused, or late ---+
//
// Parting lets it read its answer: a socket closed on unread bytes takes back what it has sent.
// When all places are taken, whoever comes next gets that of the one who asks for nothing: slow visitors in
// any number hold no place for long, and one who asks at once is answered among them.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"

namespace vip::http {

struct DoorLimits {
  std::size_t visitors = 0;  // at a time
  Duration lifetime{};
};

class Door {
 public:
  using Answer = std::function<Response(const Request&)>;

  Door(sys::EventLoop& loop, DoorLimits limits, Answer answer);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  Door(Door&&) = delete;
  Door& operator=(Door&&) = delete;
  ~Door() = default;

  // Takes visitors from a socket that listens, which it owns from then on.
  void open(sys::UniqueFd listening);
  // No new visitors.
  void close();
  [[nodiscard]] int socket() const { return listening_.get(); }  // -1: closed

 private:
  enum class Stage { asking, waiting, answering, parting, gone };
  struct Visitor {
    sys::UniqueFd fd;
    TimePoint until;
    Stage stage = Stage::asking;
    Request request;
    std::string text;         // what it has sent, then what it gets
    std::size_t sent = 0;     // of its answer
    std::size_t ignored = 0;  // bytes that came after the request
    bool has_blocked = false;
    sys::Watch readable;
    sys::Watch writable;
  };

  void on_visitor();
  // No new visitors until then.
  void shut(TimePoint until);
  // Sends the one away that has been there longest without need. False when there is none.
  [[nodiscard]] bool make_room(TimePoint now);
  void on_readable(Visitor& visitor);
  void hear(Visitor& visitor);
  void ignore(Visitor& visitor);
  void answer(Visitor& visitor, const Response& response);
  void send(Visitor& visitor);
  void part(Visitor& visitor);
  // It is over; the object goes in the door's next turn.
  void dismiss(Visitor& visitor);
  void send_away(Visitor& visitor, int status);
  void on_turn();
  void answer_next();
  [[nodiscard]] bool can_answer(const Visitor& visitor) const;
  void set_next_turn();

  sys::EventLoop& loop_;
  DoorLimits limits_;
  Answer answer_;
  sys::UniqueFd listening_;
  sys::Watch knocks_;
  std::optional<TimePoint> shut_until_;  // knocks_ is stopped
  std::list<Visitor> visitors_;          // in the order of their coming, and so of their end
  std::size_t unsent_ = 0;               // bytes of all answers
  sys::DeadlineTimer turn_;
};

}  // namespace vip::http
