#include "store/sqlite/page_keys.h"

#include <algorithm>
#include <optional>

namespace discovery {
namespace {

constexpr uint8_t kIndexInterior = 0x02;
constexpr uint8_t kIndexLeaf = 0x0a;
constexpr uint8_t kTableLeaf = 0x0d;

/// Takes bytes off the front; those beyond the end are zero, and noticed.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}

  uint8_t byte() {
    if (left_.empty()) {
      is_short_ = true;
      return 0;
    }
    const auto value = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
      const uint8_t next = byte();
      value = value << 7 | (next & 0x7f);
      if (next < 0x80) return value;
    }
    return value << 8 | byte();
  }
  void skip(size_t count) {
    is_short_ = is_short_ || count > left_.size();
    left_.remove_prefix(std::min(count, left_.size()));
  }
  std::string_view left() const { return left_; }
  bool is_short() const { return is_short_; }

 private:
  std::string_view left_;
  bool is_short_ = false;
};

/// The first column of the record at the front, where it is text.
std::optional<std::string_view> first_text(Bytes record) {
  Bytes header = record;
  const uint64_t header_bytes = header.varint();
  const uint64_t type = header.varint();
  if (type < 13 || type % 2 == 0) return std::nullopt;
  record.skip(header_bytes);
  const uint64_t size = (type - 13) / 2;
  if (record.is_short() || size > record.left().size()) return std::nullopt;
  return record.left().substr(0, size);
}

}  // namespace

void PageKeys::read(std::string_view page, size_t header_bytes) {
  rowids.clear();
  texts.clear();
  Bytes header(page);
  header.skip(header_bytes);
  const uint8_t type = header.byte();
  if (type != kTableLeaf && type != kIndexLeaf && type != kIndexInterior) return;
  header.skip(2);
  size_t cells = size_t{header.byte()} << 8;
  cells |= header.byte();
  header.skip(type == kIndexInterior ? 7 : 3);
  for (; cells > 0 && header.left().size() >= 2; --cells) {
    size_t offset = size_t{header.byte()} << 8;
    offset |= header.byte();
    // SQLite, too, takes what lies beyond the page's size off the offset.
    Bytes cell(page.substr(offset & (page.size() - 1)));
    if (type == kIndexInterior) cell.skip(4);
    cell.varint();  // the payload's size
    if (type == kTableLeaf) {
      const auto rowid = static_cast<int64_t>(cell.varint());
      if (!cell.is_short()) rowids.push_back(rowid);
    } else if (const auto text = first_text(cell)) {
      texts.push_back(*text);
    }
  }
}

}  // namespace discovery
