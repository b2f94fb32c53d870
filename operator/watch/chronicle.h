// From one sighting after another to what has changed. Pure: the same sightings give the same events.
//
// A lost answer changes nothing. One holder is believed at once; none or several only when seen again,
// because a hand-over may fall between two questions. A group that starts has no holder for a while and is
// given time.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "operator/core/holder_labels.h"
#include "operator/watch/event.h"
#include "operator/watch/sighting.h"

namespace vip::swarm {

class Chronicle {
 public:
  // What is different from before. Groups that are not in the sighting are forgotten.
  [[nodiscard]] std::vector<Event> next(const Sighting& sighting);

  // Of the groups all of whose addresses had one holder each in the last two sightings.
  [[nodiscard]] KnownHolders holders() const;

 private:
  // What was seen of an address, and how often in a row.
  struct AddressMemory {
    std::vector<Holder> seen;
    int times = 0;  // 0: the last answers left it open
    bool is_told = false;
    std::vector<Holder> told;
    std::string previous;  // the host name of the last one who had it alone
  };
  // A complaint that was heard or told, and for how many sightings in a row it has been the other way.
  struct ComplaintMemory {
    std::string node;
    bool is_told = false;
    int against = 0;
  };
  struct GroupMemory {
    std::map<std::string, AddressMemory, std::less<>> addresses;
    std::map<std::string, ComplaintMemory, std::less<>> complaints;  // by their words
  };

  static bool is_news(const AddressMemory& memory);
  static void see(const AddressSighting& seen, bool all_answer, AddressMemory& memory);
  static void tell_addresses(const GroupSighting& group, WallTime at, GroupMemory& memory,
                             std::vector<Event>& events);
  static void tell_complaints(const GroupSighting& group, WallTime at, GroupMemory& memory,
                              std::vector<Event>& events);

  std::map<std::string, GroupMemory, std::less<>> groups_;
};

}  // namespace vip::swarm
