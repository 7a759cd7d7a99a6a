// Two copies of a T: readers visit one while the writer changes the other.
//
// Readers never wait: they count themselves in at the copy in use and out again. The one writer
// changes idle(), makes it the copy in use with flip(), lets the last readers leave the other one
// with wait_for_readers(), and repeats the same changes there. It sleeps while it waits.
//
// The idea is Ramalhete and Correia's "Left-Right: A Concurrency Control Technique with Wait-Free
// Population Oblivious Reads" (2013), with one pair of counters per slot in place of versions.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace discovery {

template <class T>
class LeftRight {
 public:
  template <class... Args>
  explicit LeftRight(const Args&... args) : copies_{T(args...), T(args...)} {}

  /// Calls `visit(const T&)` on the copy in use; any thread. The result is returned by value.
  template <class F>
  auto read(F&& visit) const {
    const Visit pin(*this);
    return std::forward<F>(visit)(copies_[pin.side]);
  }

  // The rest is for the one writer.
  T& idle() { return copies_[1 - side_.load(std::memory_order_relaxed)]; }
  const T& in_use() const { return copies_[side_.load(std::memory_order_relaxed)]; }
  void flip() { side_.store(1 - side_.load(std::memory_order_relaxed)); }

  void wait_for_readers() const {
    const unsigned idle_side = 1 - side_.load(std::memory_order_relaxed);
    for (const Slot& slot : slots_) {
      const std::atomic<uint32_t>& readers = slot.readers[idle_side];
      for (uint32_t n = readers.load(); n != 0; n = readers.load()) readers.wait(n);
    }
  }

 private:
  // Several threads may share a slot: it counts.
  struct alignas(64) Slot {
    mutable std::array<std::atomic<uint32_t>, 2> readers{};
  };
  static constexpr size_t kSlots = 64;

  struct Visit {
    explicit Visit(const LeftRight& owner) : slot(owner.slots_[slot_of_this_thread()]) {
      // A flip between looking and counting in would leave the writer unaware of this reader; so
      // look again.
      for (side = owner.side_.load();;) {
        slot.readers[side].fetch_add(1);
        const unsigned seen = owner.side_.load();
        if (seen == side) return;
        leave();
        side = seen;
      }
    }
    ~Visit() { leave(); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

    void leave() const {
      if (slot.readers[side].fetch_sub(1) == 1) slot.readers[side].notify_one();
    }

    const Slot& slot;
    unsigned side = 0;
  };

  static size_t slot_of_this_thread() {
    static std::atomic<size_t> next{0};
    thread_local const size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kSlots;
    return mine;
  }

  std::array<T, 2> copies_;
  std::atomic<unsigned> side_{0};
  std::array<Slot, kSlots> slots_;
};

}  // namespace discovery
