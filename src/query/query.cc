#include "query/query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include "base/edit_distance.h"
#include "identity/provider_id.h"

namespace discovery {

namespace {

constexpr int64_t kBeyondAnySize = int64_t{INT32_MAX} + 1;

class Parser {
 public:
  Parser(size_t page_size_max, Query& query) : page_size_max_(page_size_max), query_(query) {}

  QueryFaults parse(std::string_view text);

 private:
  enum class Arity { once, many };
  struct Parameter {
    std::string_view name;
    Arity arity;
    void (Parser::*parse)(const Parameter&, std::string_view value);
    int64_t Query::*size = nullptr;
    std::vector<std::string> Query::*names = nullptr;
  };
  static const std::array<Parameter, 10> kParameters;

  void parse_pair(std::string_view pair);
  void parse_size(const Parameter& parameter, std::string_view value);
  void parse_country(const Parameter& parameter, std::string_view value);
  void parse_platform(const Parameter& parameter, std::string_view value);
  void parse_network(const Parameter& parameter, std::string_view value);
  void parse_provider_id(const Parameter& parameter, std::string_view value);
  void parse_verified(const Parameter& parameter, std::string_view value);
  void parse_limit(const Parameter& parameter, std::string_view value);
  void each_item(const Parameter& parameter, std::string_view value,
                 const std::function<void(std::string_view)>& use);
  void fault(std::string_view name, std::string message) {
    result_.faults.push_back({{"query", std::string(name)}, std::move(message)});
  }

  const size_t page_size_max_;
  Query& query_;
  QueryFaults result_;
  uint32_t seen_ = 0;
  std::string name_;
  std::string value_;
  std::string item_;
};

const std::array<Parser::Parameter, 10> Parser::kParameters{{
    {"cpu", Arity::once, &Parser::parse_size, &Query::cpu},
    {"memory", Arity::once, &Parser::parse_size, &Query::memory},
    {"storage", Arity::once, &Parser::parse_size, &Query::storage},
    {"country", Arity::many, &Parser::parse_country},
    {"platform", Arity::many, &Parser::parse_platform},
    {"network", Arity::many, &Parser::parse_network, nullptr, &Query::networks},
    {"payments_network", Arity::many, &Parser::parse_network, nullptr, &Query::payments_networks},
    {"provider_id", Arity::many, &Parser::parse_provider_id},
    {"verified", Arity::once, &Parser::parse_verified},
    {"limit", Arity::once, &Parser::parse_limit},
}};

void sort_unique(std::vector<std::string>& names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Only after is_integer(); what is out of range is clamped, which keeps its meaning for sizes.
int64_t clamped_integer(std::string_view text) {
  int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{}) return text.starts_with('-') ? -1 : kBeyondAnySize;
  return std::clamp(value, int64_t{-1}, kBeyondAnySize);
}

QueryFaults Parser::parse(std::string_view text) {
  query_.clear();
  query_.limit = page_size_max_;
  while (!text.empty() && result_.faults.size() < kFaultsMax) {
    const size_t end = std::min(text.find('&'), text.size());
    if (end > 0) parse_pair(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  sort_unique(query_.platforms);
  sort_unique(query_.networks);
  sort_unique(query_.payments_networks);
  sort_unique(query_.provider_ids);
  return std::move(result_);
}

void Parser::parse_pair(std::string_view pair) {
  const size_t equals = std::min(pair.find('='), pair.size());
  const std::string_view raw_name = pair.substr(0, equals);
  if (!percent_decode(raw_name, Plus::space, name_)) {
    result_.faults.push_back({{"query"}, "a parameter's name is not percent-encoded UTF-8"});
    return;
  }
  if (name_.starts_with('_')) return;
  const auto parameter = std::ranges::find(kParameters, name_, &Parameter::name);
  if (parameter == kParameters.end()) {
    const auto nearest = std::ranges::min_element(kParameters, {}, [&](const Parameter& known) {
      return edit_distance(std::string_view(name_).substr(0, 64), known.name);
    });
    return fault(name_, "unknown parameter; did you mean '" + std::string(nearest->name) + "'?");
  }
  const uint32_t bit = 1U << (parameter - kParameters.begin());
  if (parameter->arity == Arity::once && (seen_ & bit) != 0) {
    return fault(name_, "may be given only once");
  }
  seen_ |= bit;
  const std::string_view raw_value = pair.substr(std::min(equals + 1, pair.size()));
  if (!percent_decode(raw_value, Plus::space, value_)) {
    return fault(name_, "is not percent-encoded UTF-8");
  }
  if (value_.empty()) return fault(name_, "must not be empty");
  (this->*parameter->parse)(*parameter, value_);
}

void Parser::parse_size(const Parameter& parameter, std::string_view value) {
  if (!is_integer(value)) return fault(parameter.name, "must be an integer");
  query_.*parameter.size = clamped_integer(value);
  if (query_.*parameter.size >= 1 || result_.too_small) return;
  result_.too_small = std::string(parameter.name) + " must be at least 1";
}

void Parser::each_item(const Parameter& parameter, std::string_view value,
                       const std::function<void(std::string_view)>& use) {
  for (size_t from = 0; from <= value.size() && result_.faults.size() < kFaultsMax;) {
    const size_t end = std::min(value.find(',', from), value.size());
    if (end > from) {
      use(value.substr(from, end - from));
    } else {
      fault(parameter.name, "has an empty item in its list");
    }
    from = end + 1;
  }
}

void Parser::parse_country(const Parameter& parameter, std::string_view value) {
  each_item(parameter, value, [&](std::string_view item) {
    const std::optional<Country> country = discovery::parse_country(item);
    if (country) {
      query_.countries.set(*country);
    } else {
      fault(parameter.name,
            "'" + std::string(item) + "' is not an assigned ISO 3166-1 alpha-2 country code");
    }
  });
}

void Parser::parse_platform(const Parameter& parameter, std::string_view value) {
  each_item(parameter, value, [&](std::string_view item) {
    if (normalise_platform(item, item_)) {
      query_.platforms.push_back(item_);
    } else {
      fault(parameter.name, "must be 1 to 32 of a-z 0-9 _ . -");
    }
  });
}

void Parser::parse_network(const Parameter& parameter, std::string_view value) {
  each_item(parameter, value, [&](std::string_view item) {
    if (normalise_network(item, item_)) {
      (query_.*parameter.names).push_back(item_);
    } else {
      fault(parameter.name, "must be 1 to 64 of a-z 0-9 _ . : -");
    }
  });
}

void Parser::parse_provider_id(const Parameter& parameter, std::string_view value) {
  each_item(parameter, value, [&](std::string_view item) {
    const Result<ProviderId> id = ProviderId::parse(item);
    if (id) {
      query_.provider_ids.push_back(id->text());
    } else {
      fault(parameter.name, id.error().message);
    }
  });
}

void Parser::parse_verified(const Parameter& parameter, std::string_view value) {
  if (value != "true" && value != "false") {
    return fault(parameter.name, "must be 'true' or 'false'");
  }
  query_.verified = value == "true";
}

void Parser::parse_limit(const Parameter& parameter, std::string_view value) {
  const int64_t limit = is_integer(value) ? clamped_integer(value) : 0;
  if (limit >= 1 && static_cast<uint64_t>(limit) <= page_size_max_) {
    query_.limit = static_cast<size_t>(limit);
  } else {
    fault(parameter.name, "must be an integer from 1 to " + std::to_string(page_size_max_));
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// How many continuation bytes follow a leading byte, or -1 for one that cannot lead.
int continuation_bytes(uint8_t lead) {
  if (lead < 0x80) return 0;
  if (lead < 0xc2) return -1;
  if (lead < 0xe0) return 1;
  if (lead < 0xf0) return 2;
  return lead < 0xf5 ? 3 : -1;
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
    const int more = continuation_bytes(byte(i));
    if (more < 0 || i + static_cast<size_t>(more) >= text.size()) return false;
    uint32_t point = more == 0 ? byte(i) : byte(i) & (0x3fU >> more);
    for (int k = 1; k <= more; ++k) {
      const uint8_t next = byte(i + static_cast<size_t>(k));
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fU);
    }
    constexpr std::array<uint32_t, 4> kLeast{0, 0x80, 0x800, 0x10000};
    if (point < kLeast[static_cast<size_t>(more)] || point > 0x10ffff) return false;
    if (point >= 0xd800 && point < 0xe000) return false;
    i += static_cast<size_t>(more) + 1;
  }
  return true;
}

}  // namespace

void Query::clear() {
  cpu = memory = storage = 1;
  countries.reset();
  platforms.clear();
  networks.clear();
  payments_networks.clear();
  provider_ids.clear();
  verified.reset();
  limit = 0;
}

bool percent_decode(std::string_view text, Plus plus, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && plus == Plus::space) {
      out += ' ';
    } else if (c != '%') {
      out += c;
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return is_utf8(out);
}

QueryFaults parse_query(std::string_view text, size_t page_size_max, Query& query) {
  return Parser(page_size_max, query).parse(text);
}

}  // namespace discovery
