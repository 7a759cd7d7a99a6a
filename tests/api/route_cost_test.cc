// What each route may cost where it is asked the worst: counted in looks at the clock, of which a
// search takes one for each row group, and in bytes. No times are measured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "api/openapi.h"
#include "api/web_files.h"
#include "base/limits.h"
#include "tests/support/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;

constexpr std::array kCountries{"AT", "BE", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR",
                                "GB", "GR", "HU", "IE", "IT", "NL", "NO", "PL", "PT", "SE"};
constexpr int kGroups = kCountries.size();  // a country has row groups of its own
constexpr int kOffersPerCountry = 3;
constexpr int kOtherLooks = 8;  // in a turn, beside those of searches
constexpr size_t kPieceBytes = 64 * 1024;
constexpr size_t kOneBytes = 8 * 1024;  // an advertisement, or less
// Of worst_filter(): each is counted without, and for all but `verified` the nearest is found.
constexpr int kCriteria = 32 + 16 + 6;
constexpr int kExplained = 1 + kCriteria + (kCriteria - 1);

struct RouteCost {
  std::string operation;  // as the description calls it
  std::string target;
  int passes = 0;            // over all row groups, in the longest turn
  size_t bytes = kOneBytes;  // that a turn makes
  int status = 200;
};

std::string repeated(std::string_view text, int count, std::string_view separator) {
  std::string all;
  for (int i = 0; i < count; ++i) all.append(i == 0 ? "" : separator).append(text);
  return all;
}

/// Everything that can be asked, all of it true of every offer.
std::string worst_filter() {
  std::string filter = "cpu=1&memory=1&storage=1&max_usd_per_month=1e9&max_glm_per_month=1e9";
  for (char name = 'a'; name < 'a' + 16; ++name) filter += std::string("&min_r") + name + "=1";
  return filter + "&verified=false&q=" + repeated("pricing.x>0", 32, "%26%26");
}

std::string worst_offer(std::string_view country) {
  std::string resources = R"("cpu":4,"memory":8,"storage":100)";
  for (char name = 'a'; name < 'a' + 16; ++name) {
    resources += std::string(",\"r") + name + "\":2000000000";
  }
  const std::string prices =
      R"("usd_per_core_month":1,"usd_per_gb_ram_month":1,"usd_per_gb_storage_month":1,)"
      R"("glm_per_core_month":1,"glm_per_gb_ram_month":1,"glm_per_gb_storage_month":1)";
  return R"({"ip_address":"83.233.10.2","country":")" + std::string(country) +
         R"(","resources":{)" + resources + R"(},"pricing":{)" + prices + R"(,"x":1,"y":")" +
         std::string(3'800, 'y') + "\"}}";
}

size_t largest_file() {
  size_t bytes = 0;
  for (const WebFile& file : web_files()) bytes = std::max(bytes, file.size);
  return bytes;
}

std::string an_asset() {
  const auto files = web_files();
  return std::string(std::ranges::find_if(files, &WebFile::is_immutable)->path);
}

std::vector<RouteCost> route_costs() {
  const std::string board(kBoardUrl);
  const std::string id = "SE0";
  const std::string worst = "?" + worst_filter();
  const size_t document = openapi_document().size() + 16;
  const size_t page = largest_file();
  return {
      {"get " + board, board + worst + "&count=true&sort=-updated_at&limit=1000", 2, kPieceBytes},
      {"get " + board, board + worst, 1, kPieceBytes},
      {"get " + board, board, 1, kPieceBytes},
      {"get " + board, board + "?sort=provider_id&count=true", 2, kPieceBytes},
      {"post " + board, board},
      {"get " + board + "/{provider_id}", board + "/" + id},
      {"delete " + board + "/{provider_id}", board + "/" + id},
      {"get " + board + "/{provider_id}/proof", board + "/" + id + "/proof", 0, kOneBytes, 404},
      {"get /api/v1/providers/{provider_id}", "/api/v1/providers/" + id},
      {"get /api/v1/explain", "/api/v1/explain" + worst + "&all=true", kExplained},
      {"get /api/v1/stats", "/api/v1/stats", 0, 2 * kPieceBytes},
      {"get /api/v1/watch", "/api/v1/watch" + worst, 1, 100 * kOneBytes},
      {"get /health", "/health"},
      {"get /ready", "/ready?writes=true"},
      {"get /api/v1/whoami", "/api/v1/whoami"},
      {"get /openapi.json", "/openapi.json", 0, document},
      {"get /api/v1/openapi.json", "/api/v1/openapi.json", 0, document},
      {"get /", "/", 0, page},
      {"get /docs", "/docs", 0, page},
      {"get /redoc", "/redoc", 0, kOneBytes, 308},
      {"get /assets/{file}", an_asset(), 0, page},
  };
}

/// `get /health` and the like: the paths and methods of the description, by their indentation.
std::set<std::string> described_operations() {
  std::set<std::string> operations;
  std::string path;
  std::string_view document = openapi_document();
  document.remove_prefix(document.find("\"paths\""));
  while (!document.empty()) {
    const std::string_view line = document.substr(0, document.find('\n'));
    document.remove_prefix(std::min(line.size() + 1, document.size()));
    if (line.starts_with("    \"/")) path = line.substr(5, line.find('"', 5) - 5);
    for (const char* method : {"get", "post", "put", "patch", "delete"}) {
      const std::string begin = std::string("      \"") + method + "\":";
      if (line.starts_with(begin)) operations.insert(std::string(method) + " " + path);
    }
  }
  return operations;
}

Method method_of(std::string_view name) {
  return name == "get" ? Method::get : name == "post" ? Method::post : Method::remove;
}

class RouteCostTest : public testing::Test {
 protected:
  RouteCostTest() {
    for (const char* country : kCountries) {
      for (int i = 0; i < kOffersPerCountry; ++i) {
        const auto posted = rig_.post(worst_offer(country), country + std::to_string(i));
        EXPECT_EQ(posted.status, 200) << posted.body;
      }
    }
  }

  /// Handles the request and takes all of its answer; `on_turn(time, bytes)` is told of each turn
  /// what passed by the clock and was made.
  template <class F>
  int ask(const RouteCost& cost, F&& on_turn) {
    const auto exchange = std::make_shared<RecordingExchange>();
    const std::string path = cost.target.substr(0, cost.target.find('?'));
    const std::string query = cost.target.substr(std::min(path.size() + 1, cost.target.size()));
    const std::string method = cost.operation.substr(0, cost.operation.find(' '));
    const std::string body = method == "post" ? worst_offer("SE") : "";
    Request request = rig_.signed_request(method_of(method), path, body, "SE0", "signature");
    request.query = query;
    turn([&] { rig_.api.handle(request, *exchange); }, [&] { return size_of(*exchange); }, on_turn);
    rig_.board.step(rig_.clock.now());
    if (exchange->answers.empty()) rig_.executor.run_one();
    bool more = exchange->source != nullptr;
    while (more) {
      std::string piece;
      turn([&] { more = exchange->source->take(piece) == BodySource::Progress::more; },
           [&] { return piece.size(); }, on_turn);
    }
    return exchange->answers.at(0).status;
  }

  Rig rig_;

 private:
  static size_t size_of(const RecordingExchange& exchange) {
    return exchange.answers.empty() ? 0 : exchange.answers.front().body.size();
  }
  template <class Do, class Size, class F>
  void turn(Do&& act, Size&& size, F&& on_turn) {
    const BootTime begin = rig_.clock.boot();
    act();
    on_turn(rig_.clock.boot() - begin, size());
  }
};

TEST(RouteCost, IsBoundedForEveryRouteThatIsDescribed) {
  std::set<std::string> bounded;
  for (const RouteCost& cost : route_costs()) bounded.insert(cost.operation);
  EXPECT_EQ(bounded, described_operations()) << "each needs a row in route_costs()";
}

// No fewer looks either: a search that does not look at the clock would not end when its time is
// up.
TEST_F(RouteCostTest, OfATurnIsSomePassesOverTheBoardAndSomeBytes) {
  constexpr Duration kLook{1};
  rig_.clock.advance_at_each_look(kLook);
  for (const RouteCost& cost : route_costs()) {
    int64_t most_looks = 0;
    const int status = ask(cost, [&](Duration time, size_t bytes) {
      most_looks = std::max(most_looks, time / kLook);
      EXPECT_LE(bytes, cost.bytes) << cost.target;
    });
    EXPECT_EQ(status, cost.status) << cost.target;
    EXPECT_LE(most_looks, cost.passes * kGroups + kOtherLooks) << cost.target;
    EXPECT_GE(most_looks, cost.passes * kGroups) << cost.target;
  }
}

// However much there is to look at.
TEST_F(RouteCostTest, OfATurnIsAtMostTheTimeOfASearch) {
  constexpr Duration kLook = milliseconds{5};
  rig_.clock.advance_at_each_look(kLook);
  for (const RouteCost& cost : route_costs()) {
    ask(cost, [&](Duration time, size_t /*bytes*/) {
      EXPECT_LE(time, limits::kSearchTime + kOtherLooks * kLook) << cost.target;
    });
  }
}

}  // namespace
}  // namespace discovery
