// Contract, section 1: what the board holds in all.
#include <array>
#include <charconv>

#include "advertisement/json/json_members.h"
#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "api/reply/negotiation.h"
#include "board/index/census.h"

namespace discovery {

namespace {

constexpr Duration kAgeMax = std::chrono::seconds{1};
constexpr std::string_view kPlain = "Vary: Accept-Encoding\r\n";
constexpr std::string_view kGzipped = "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n";

void append_totals(std::string& out, const Totals& totals) {
  append_count(out, "providers", totals.providers);
  append_count(out, "verified", totals.verified);
  append_count(out, "cpu", totals.cpu);
  append_count(out, "memory", totals.memory);
  append_count(out, "storage", totals.storage);
}

void append_quantiles(std::string& out, std::string_view name, const Quantiles& quantiles) {
  constexpr int kDigits = 4;  // the histogram knows no more
  append_name(out, name);
  out += '{';
  for (size_t i = 0; i < kPercents.size(); ++i) {
    append_name(out, "p" + std::to_string(kPercents[i]));
    std::array<char, 32> text;
    out.append(text.data(), std::to_chars(text.begin(), text.end(), quantiles[i],
                                          std::chars_format::general, kDigits)
                                .ptr);
  }
  out += '}';
}

void append_currency(std::string& out, std::string_view name,
                     const std::optional<UnitQuantiles>& units) {
  append_name(out, name);
  if (!units) {
    out += "null";
    return;
  }
  out += '{';
  append_quantiles(out, "core", units->core);
  append_quantiles(out, "gb_ram", units->ram);
  append_quantiles(out, "gb_storage", units->storage);
  out += '}';
}

void append_prices(std::string& out, const PriceStats& prices) {
  append_name(out, "prices");
  out += '{';
  append_currency(out, "usd", prices.usd);
  append_currency(out, "glm", prices.glm);
  out += '}';
}

void render(std::string& out, const Stats& stats, WallTime as_of) {
  out.assign("{");
  append_time(out, "as_of", as_of);
  append_totals(out, stats.totals);
  append_prices(out, stats.prices);
  append_name(out, "countries");
  out += '{';
  for (const Stats::OfCountry& group : stats.countries) {
    append_name(out, country_code(group.country));
    out += '{';
    append_totals(out, group.totals);
    append_prices(out, group.prices);
    out += '}';
  }
  out += '}';
  append_name(out, "platforms");
  out += '{';
  for (const Stats::OfPlatform& group : stats.platforms) {
    append_name(out, group.platform);
    out += '{';
    append_totals(out, group.totals);
    out += '}';
  }
  out += "}}";
}

}  // namespace

void show_stats(Services& services, Context& context, std::string_view /*part*/) {
  if (!accepts(services, context, parse_empty_query(context.request.query))) return;
  if (!is_loaded(services, context)) return;
  auto& stats = services.stats;
  if (context.now >= stats.good_until) {
    const Now now = services.clock.now();
    render(stats.body, services.board.read([](const Index& index) { return index.stats(); }),
           now.wall);
    stats.packed.clear();
    stats.good_until = now.boot + kAgeMax;
  }
  context.reply.further_headers = kPlain;
  if (preferred_coding(context.request.accept_encoding) != Coding::gzip) {
    return send(context, stats.body);
  }
  if (stats.packed.empty() && !services.gzip.compress(stats.body, context.now, stats.packed)) {
    stats.packed.clear();
    return send(context, stats.body);
  }
  context.reply.further_headers = kGzipped;
  send(context, stats.packed);
}

}  // namespace discovery
