#include "base/time_text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ascii.h"

namespace discovery {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr WallTime kEarliest = sys_days{std::chrono::year{0} / 1 / 1};
constexpr WallTime kLatest = sys_days{std::chrono::year{10'000} / 1 / 1} - Duration{1};

constexpr size_t kDateAndTimeLength = 19;  // 2026-02-19T09:54:30

constexpr std::array<char, 200> kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

void write_two(unsigned number, char* out) { std::memcpy(out, &kTwoDigits[2 * number], 2); }

void write_time(WallTime time, char separator, char* out) {
  // A lease of any length may be configured; four digits of year are all that either form has.
  time = std::clamp(time, kEarliest, kLatest);
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const auto micros = static_cast<uint64_t>((time - day).count());
  const auto seconds = static_cast<unsigned>(micros / 1'000'000);
  const auto fraction = static_cast<unsigned>(micros % 1'000'000);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

  write_two(year / 100, out);
  write_two(year % 100, out + 2);
  out[4] = '-';
  write_two(static_cast<unsigned>(date.month()), out + 5);
  out[7] = '-';
  write_two(static_cast<unsigned>(date.day()), out + 8);
  out[10] = separator;
  write_two(seconds / 3600, out + 11);
  out[13] = ':';
  write_two(seconds / 60 % 60, out + 14);
  out[16] = ':';
  write_two(seconds % 60, out + 17);
  out[19] = '.';
  write_two(fraction / 10'000, out + 20);
  write_two(fraction / 100 % 100, out + 22);
  write_two(fraction % 100, out + 24);
}

bool begins_as_a_time(std::string_view text) {
  return text.size() >= kDateAndTimeLength && text[4] == '-' && text[7] == '-' &&
         (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
}

// 100 where they are not two digits.
unsigned two_digits(std::string_view text, size_t at) {
  const auto tens = static_cast<unsigned>(text[at] - '0');
  const auto ones = static_cast<unsigned>(text[at + 1] - '0');
  return tens > 9 || ones > 9 ? 100 : 10 * tens + ones;
}

// Takes `.` and one to six digits off the front of `rest`, if it begins with a point.
std::optional<Duration> take_fraction(std::string_view& rest) {
  if (!rest.starts_with('.')) return Duration{0};
  rest.remove_prefix(1);
  unsigned micros = 0;
  size_t count = 0;
  for (unsigned unit = 100'000; count < rest.size() && is_ascii_digit(rest[count]);
       ++count, unit /= 10) {
    micros += unit * static_cast<unsigned>(rest[count] - '0');
  }
  if (count < 1 || count > 6) return std::nullopt;
  rest.remove_prefix(count);
  return Duration{micros};
}

}  // namespace

void write_rfc3339(WallTime time, char* out) {
  write_time(time, 'T', out);
  out[kRfc3339Length - 1] = 'Z';
}

void write_sql_time(WallTime time, char* out) { write_time(time, ' ', out); }

std::optional<WallTime> parse_time(std::string_view text) {
  if (!begins_as_a_time(text)) return std::nullopt;
  const unsigned century = two_digits(text, 0);
  const unsigned year = two_digits(text, 2);
  const year_month_day date{std::chrono::year{static_cast<int>(100 * century + year)},
                            std::chrono::month{two_digits(text, 5)},
                            std::chrono::day{two_digits(text, 8)}};
  const unsigned hour = two_digits(text, 11);
  const unsigned minute = two_digits(text, 14);
  const unsigned second = two_digits(text, 17);
  if (century > 99 || year > 99 || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }

  std::string_view rest = text.substr(kDateAndTimeLength);
  const std::optional<Duration> fraction = take_fraction(rest);
  if (!fraction || !(rest.empty() || rest == "Z" || rest == "+00:00")) return std::nullopt;
  return sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + *fraction;
}

}  // namespace discovery
