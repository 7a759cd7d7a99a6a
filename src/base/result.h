// Errors as values: Result<T> holds a T or an Error, Status holds nothing or an Error.
//
// Member names follow std::expected (C++23), so that moving to it stays mechanical.
// Not synchronised; a value type like any other.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace discovery {

enum class Code {
  invalid,
  unauthorized,
  not_found,
  conflict,
  too_large,
  // Worth trying again: in use by others, no room on the disk, no memory, a fault that may pass.
  busy,
  full,
  out_of_memory,
  unavailable,
  internal,
};

struct Error {
  Code code = Code::internal;
  std::string message;
};

inline Error fail(Code code, std::string message) { return {code, std::move(message)}; }

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), has_value_(false) {}

  bool has_value() const { return has_value_; }
  explicit operator bool() const { return has_value_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool has_value_ = true;
};

using Status = Result<void>;

}  // namespace discovery
