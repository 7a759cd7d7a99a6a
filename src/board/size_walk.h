// Goes through those of a list that are large enough, in the order of its size.
#pragma once

#include <cstdint>

#include "board/size_lists.h"

namespace discovery {

/// Which sizes come first; of equal ones, the lesser provider id does either way.
enum class Direction : uint8_t { ascending, descending };

/// Good as long as the list does not change.
class SizeWalk {
 public:
  /// Of those who have these sizes at least, each 1 or more. Behind `after`, if that is given.
  SizeWalk(const SizeList& list, Direction direction, const SizeCodes& least,
           const SizePlace* after);

  /// Steps on to the next; false: there is none.
  bool next();
  /// The one stepped on to: its owner's name for it, and its size.
  uint32_t row() const { return list_->run(found_.part).rows[found_.slot]; }
  uint16_t size_code() const { return list_->code(found_); }

 private:
  using At = SizeList::At;

  uint64_t flags(size_t part, uint32_t word);
  bool find_next();
  bool find_group();

  const SizeList* list_;
  Direction direction_;
  SizeCodes least_;
  At first_;  // nobody before is large enough
  At end_;    // of what is gone through, from at_ on
  At at_;
  At rest_;  // descending: what lies before is still to come
  At found_;
  At judged_{SIZE_MAX, 0};  // of which 64 rows these are
  uint64_t flags_ = 0;
};

}  // namespace discovery
