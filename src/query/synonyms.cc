#include "query/synonyms.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace discovery {
namespace {

constexpr auto kSynonyms = std::to_array<Synonym>({
    {"cpu cores core vcpu vcpus cpucores cpucount numcpus mincpus mincores", "cpu", "cpu",
     "resources"},
    {"memory ram mem memorygb ramgb memgb minram minmem", "memory", "memory", "resources"},
    {"storage disk diskgb disksize diskspace hdd ssd storagegb mindisk", "storage", "storage",
     "resources"},
    {"gpu gpus numgpus", "min_gpu", "resources.gpu", "resources"},
    {"price maxprice pricemax priceusd maxpriceusd usd maxusd usdpermonth cost maxcost budget",
     "max_usd_per_month", "usd_per_month", "pricing"},
    {"glm maxglm priceglm maxpriceglm glmpermonth", "max_glm_per_month", "glm_per_month",
     "pricing"},
    {"id ids provider providers", "provider_id", "provider_id", "provider_id"},
    {"name providername title", "q", "provider_name", "provider_name"},
    {"ip ipaddress ipaddr host", "q", "ip_address", "ip_address"},
    {"location region geo cc countrycode", "country", "country", "country"},
    {"arch architecture cpuarch", "platform", "platform", "platform"},
    {"signed isverified trusted", "verified", "verified", "verified"},
    {"created createdat since", "", "", "created_at"},
    {"updated updatedat modified lastseen", "", "", "updated_at"},
    {"expires expiresat expiry ttl", "", "", "expires_at"},
    {"query filter search where expr expression", "q", "", ""},
});

struct ListAdvice {
  std::string_view words, advice;
};

constexpr auto kListAdvice = std::to_array<ListAdvice>({
    {"page pages pageno pagenumber perpage pagesize offset skip start top take maxresults after "
     "before pagetoken nexttoken nextcursor continuationtoken",
     "pages are asked for by 'limit' and 'cursor', which stands in each page's Link header"},
    {"order orderby ordering sortby sortorder sortdir direction desc asc", "did you mean 'sort'?"},
    {"select include only columns attributes", "did you mean 'fields'?"},
    {"total totalcount withcount includecount", "did you mean 'count'?"},
});

bool holds(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::string_view first = words.substr(0, words.find(' '));
    if (first == word) return true;
    words.remove_prefix(std::min(first.size() + 1, words.size()));
  }
  return false;
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : lower_case(name)) {
    if (is_ascii_letter(c) || is_ascii_digit(c)) plain += c;
  }
  return plain;
}

const Synonym* find_synonym(std::string_view plain_name) {
  const auto found = std::ranges::find_if(
      kSynonyms, [&](const Synonym& one) { return holds(one.words, plain_name); });
  return found == kSynonyms.end() ? nullptr : &*found;
}

std::string_view advice_on_lists(std::string_view plain_name) {
  const auto found = std::ranges::find_if(
      kListAdvice, [&](const ListAdvice& one) { return holds(one.words, plain_name); });
  return found == kListAdvice.end() ? std::string_view() : found->advice;
}

bool is_last_event_id(std::string_view plain_name) {
  return plain_name == "lasteventid" || plain_name == "evslasteventid";
}

bool is_added_by_polyfills(std::string_view name) {
  return name == "r" || name == "padding" || name == "evs_preamble";
}

}  // namespace discovery
