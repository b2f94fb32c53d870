// What goes on beside the looks at the Swarm when the settings ask for it: agents are asked who has which
// address, a receiver is told what changes, and a page shows it all.
//
//   looks at the Swarm --show()--> Watcher --tell()--> Webhook --> the receiver
//                     <--holders()--'  '--publish()--> Board <-- PageServer --> browsers, Prometheus
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/sys/wake.h"
#include "operator/core/holder_labels.h"
#include "operator/page/board.h"
#include "operator/page/page_server.h"
#include "operator/reconciler.h"
#include "operator/settings/operator_settings.h"
#include "operator/watcher.h"
#include "operator/webhook/webhook.h"

namespace vip::swarm {

class Herald {
 public:
  // `facts`: with what does not change.
  static Result<Herald> create(OperatorFacts facts);

  // Starts and ends what the settings ask for and do not ask for; asked again it changes nothing. The signals
  // of the program must be blocked by now. Errors: unavailable; worth to be tried again.
  [[nodiscard]] Status set(const OperatorSettings& settings);
  // What the last look has seen.
  void show(const Picture& picture);
  // What became of it (Board::looked()).
  void looked(std::string failure, std::uint64_t changes) { board_->looked(std::move(failure), changes); }

  // As far as they are known; nothing while nobody is asked.
  [[nodiscard]] KnownHolders holders() const;
  // Readable when holders() is another one.
  [[nodiscard]] int news_fd() const { return news_->fd(); }
  // Whether it was since the last call.
  [[nodiscard]] bool take_news() const { return news_->take(); }

 private:
  Herald(sys::Wake news, std::unique_ptr<Board> board)
      : news_(std::make_unique<sys::Wake>(std::move(news))), board_(std::move(board)) {}
  [[nodiscard]] Status set_watcher(bool is_wanted);
  [[nodiscard]] Status set_page(const PagePlace& place);

  // Each is gone before those that it tells.
  std::unique_ptr<sys::Wake> news_;
  std::unique_ptr<Board> board_;
  std::unique_ptr<Webhook> webhook_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<PageServer> page_;
};

}  // namespace vip::swarm
