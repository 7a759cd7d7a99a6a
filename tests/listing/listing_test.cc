#include "listing/listing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "advertisement/advertisement_parser.h"

namespace discovery {
namespace {

WallTime wall(int64_t micros) { return WallTime{Duration{micros}}; }

Stamp example_stamp() {
  return {.created = wall(1'771'494'870'123'456),
          .updated = wall(1'771'494'930'000'001),
          .expires_shown = wall(1'771'495'230'000'001),
          .expires = BootTime{Duration{77}}};
}

Advertisement example() {
  Advertisement advertisement;
  advertisement.provider_id = "provider123";
  advertisement.ip_address = "83.233.10.2";
  advertisement.country = parse_country("SE").value();
  advertisement.sizes = {4, 8, 100};
  advertisement.resources_json = R"({"cpu":4,"memory":8,"storage":100})";
  return advertisement;
}

Advertisement full_example() {
  Advertisement advertisement = example();
  advertisement.provider_name = "Åke's \"big\" \\ box";
  advertisement.platform = "x86_64";
  advertisement.network = "mainnet";
  advertisement.payments_network = "polygon:137";
  advertisement.pricing_json = R"({"usd_per_core_month":6.0})";
  advertisement.verified = true;
  return advertisement;
}

void expect_same_fields(const Listing& listing, const Advertisement& advertisement) {
  EXPECT_EQ(listing.provider_id(), advertisement.provider_id);
  EXPECT_EQ(listing.provider_name(), advertisement.provider_name);
  EXPECT_EQ(listing.ip_address(), advertisement.ip_address);
  EXPECT_EQ(listing.country(), advertisement.country);
  EXPECT_EQ(listing.platform(), advertisement.platform);
  EXPECT_EQ(listing.network(), advertisement.network);
  EXPECT_EQ(listing.payments_network(), advertisement.payments_network);
  EXPECT_EQ(listing.sizes(), advertisement.sizes);
  EXPECT_EQ(listing.resources_json(), advertisement.resources_json);
  EXPECT_EQ(listing.pricing_json(), advertisement.pricing_json);
  EXPECT_EQ(listing.verified(), advertisement.verified);
}

TEST(Listing, RendersNullsWhereNothingIsSaid) {
  const ListingDraft draft = Listing::draft(example());
  draft->stamp(example_stamp());
  EXPECT_EQ(draft->json(),
            R"({"provider_id":"provider123","provider_name":"","ip_address":"83.233.10.2",)"
            R"("country":"SE","platform":null,"network":null,"payments_network":null,)"
            R"("resources":{"cpu":4,"memory":8,"storage":100},"pricing":null,"verified":false,)"
            R"("created_at":"2026-02-19T09:54:30.123456Z",)"
            R"("updated_at":"2026-02-19T09:55:30.000001Z",)"
            R"("expires_at":"2026-02-19T10:00:30.000001Z"})");
  expect_same_fields(*draft, example());
}

TEST(Listing, RendersEveryField) {
  const ListingDraft draft = Listing::draft(full_example());
  draft->stamp(example_stamp());
  EXPECT_EQ(draft->json(), R"({"provider_id":"provider123","provider_name":"Åke's \"big\" \\ box",)"
                           R"("ip_address":"83.233.10.2","country":"SE","platform":"x86_64",)"
                           R"("network":"mainnet","payments_network":"polygon:137",)"
                           R"("resources":{"cpu":4,"memory":8,"storage":100},)"
                           R"("pricing":{"usd_per_core_month":6.0},"verified":true,)"
                           R"("created_at":"2026-02-19T09:54:30.123456Z",)"
                           R"("updated_at":"2026-02-19T09:55:30.000001Z",)"
                           R"("expires_at":"2026-02-19T10:00:30.000001Z"})");
  expect_same_fields(*draft, full_example());
}

TEST(Listing, FindsItsFieldsWhicheverAreNull) {
  for (unsigned present = 0; present < 32; ++present) {
    Advertisement advertisement = full_example();
    if ((present & 1) == 0) advertisement.provider_name.clear();
    if ((present & 2) == 0) advertisement.platform.clear();
    if ((present & 4) == 0) advertisement.network.clear();
    if ((present & 8) == 0) advertisement.payments_network.clear();
    if ((present & 16) == 0) advertisement.pricing_json.clear();
    SCOPED_TRACE(present);
    expect_same_fields(*Listing::draft(advertisement), advertisement);
  }
}

TEST(Listing, FindsItsFieldsAtTheirGreatestLength) {
  Advertisement advertisement = full_example();
  advertisement.provider_id.assign(kProviderIdBytesMax, 'p');
  advertisement.provider_name.assign(kProviderNamePointsMax, '"');
  advertisement.ip_address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  advertisement.platform.assign(kPlatformBytesMax, 'x');
  advertisement.network.assign(kNetworkBytesMax, 'n');
  advertisement.payments_network.assign(kNetworkBytesMax, 'm');
  advertisement.resources_json.assign(kResourcesBytesMax, 'r');
  advertisement.pricing_json.assign(kPricingBytesMax, 'q');
  const ListingDraft draft = Listing::draft(advertisement);
  draft->stamp(example_stamp());
  expect_same_fields(*draft, advertisement);
  EXPECT_TRUE(draft->json().ends_with("Z\"}"));
}

TEST(Listing, TakesItsTimesFromTheLastStamp) {
  const ListingDraft draft = Listing::draft(example());
  draft->stamp({});
  draft->stamp(example_stamp());
  EXPECT_EQ(draft->created(), example_stamp().created);
  EXPECT_EQ(draft->updated(), example_stamp().updated);
  EXPECT_EQ(draft->expires(), example_stamp().expires);
  EXPECT_EQ(draft->json().find("1970"), std::string_view::npos);
}

TEST(Listing, LivesUntilItsLastHandleIsGone) {
  ListingPtr last;
  {
    const ListingDraft draft = Listing::draft(full_example());
    const ListingPtr other = draft;
    last = other;
  }
  expect_same_fields(*last, full_example());
}

TEST(Listing, AnExtendedCopyShowsItsNewEndAndSaysSo) {
  Advertisement advertisement = full_example();
  advertisement.resources_json = R"({"cpu":4,"memory":8,"storage":100,"gpu":2})";
  const ListingDraft draft = Listing::draft(advertisement);
  const Stamp stamp = example_stamp();
  draft->stamp(stamp);
  ListingPtr extended = Listing::extended(*draft, std::chrono::seconds{30});
  for (int times = 1; times <= 2; ++times) {
    const Duration by = times * std::chrono::seconds{30};
    expect_same_fields(*extended, advertisement);
    EXPECT_EQ(extended->expires(), stamp.expires + by);
    EXPECT_EQ(extended->expires_shown(), stamp.expires_shown + by);
    EXPECT_EQ(extended->posted(), draft->posted());
    EXPECT_EQ(extended->updated(), stamp.updated);
    EXPECT_TRUE(extended->json().ends_with(R"(Z","grace":true})"));
    EXPECT_TRUE(extended->member_json(Member::expires_at).ends_with(R"(","grace":true)"));
    EXPECT_TRUE(extended->member_json(Member::updated_at).ends_with('"'));
    EXPECT_TRUE(extended->same_content(*draft) && draft->same_content(*extended));
    EXPECT_EQ(extended->resource(NumberKey("gpu")), 2);
    extended = Listing::extended(*extended, std::chrono::seconds{30});
  }
}

TEST(Listing, CostsFewBytesBesidesItsText) { EXPECT_LE(sizeof(Listing), 112U); }

TEST(Listing, ShowsEachMemberByItself) {
  for (const bool is_full : {false, true}) {
    const ListingDraft draft = Listing::draft(is_full ? full_example() : example());
    draft->stamp(example_stamp());
    std::string joined;
    for (size_t i = 0; i < kMemberCount; ++i) {
      joined += (i == 0 ? "{" : ",") + std::string(draft->member_json(static_cast<Member>(i)));
    }
    EXPECT_EQ(joined + "}", draft->json());
  }
  const ListingDraft draft = Listing::draft(full_example());
  draft->stamp(example_stamp());
  EXPECT_EQ(draft->member_json(Member::provider_id), R"("provider_id":"provider123")");
  EXPECT_EQ(draft->member_json(Member::platform), R"("platform":"x86_64")");
  EXPECT_EQ(draft->member_json(Member::pricing), R"("pricing":{"usd_per_core_month":6.0})");
  EXPECT_EQ(draft->member_json(Member::expires_at),
            R"("expires_at":"2026-02-19T10:00:30.000001Z")");
}

TEST(Listing, HashesWhatIsShownButNotTheTimes) {
  const ListingDraft draft = Listing::draft(full_example());
  const uint64_t hash = draft->content_hash();
  draft->stamp(example_stamp());
  EXPECT_EQ(draft->content_hash(), hash);
  EXPECT_EQ(Listing::draft(full_example())->content_hash(), hash);
  std::set<uint64_t> hashes{hash};
  const auto expect_another = [&](auto change) {
    Advertisement advertisement = full_example();
    change(advertisement);
    EXPECT_TRUE(hashes.insert(Listing::draft(advertisement)->content_hash()).second);
  };
  expect_another([](Advertisement& a) { a.provider_id = "provider124"; });
  expect_another([](Advertisement& a) { a.provider_name.clear(); });
  expect_another([](Advertisement& a) { a.ip_address = "83.233.10.3"; });
  expect_another([](Advertisement& a) { a.country = parse_country("DE").value(); });
  expect_another([](Advertisement& a) { a.platform.clear(); });
  expect_another([](Advertisement& a) { a.network.clear(); });
  expect_another([](Advertisement& a) { a.payments_network = "x"; });
  expect_another([](Advertisement& a) { a.resources_json = "{}"; });
  expect_another([](Advertisement& a) { a.pricing_json.clear(); });
  expect_another([](Advertisement& a) { a.verified = false; });
}

TEST(Listing, KeepsPricesToTheLastBit) {
  Advertisement advertisement = full_example();
  advertisement.prices = {{28.571428571428573, 0.1 + 0.2, 5e-324}, {1e9, UnitPrices::kNotSent, 0}};
  const ListingDraft draft = Listing::draft(advertisement);
  EXPECT_EQ(draft->prices(), advertisement.prices);
}

TEST(Listing, PricesAMonthOfASize) {
  Advertisement advertisement = full_example();
  advertisement.prices.usd = UnitPrices{6, 2.5, 0.12};
  const ListingDraft draft = Listing::draft(advertisement);
  EXPECT_EQ(draft->price_per_month(Currency::usd, {}), 6 + 2.5 + 0.12);
  EXPECT_EQ(draft->price_per_month(Currency::usd, {4, 8, 100}), 24 + 20 + 12);
  EXPECT_EQ(draft->price_per_month(Currency::glm, {}), std::nullopt);
}

UnitPrices prices_of(const std::string& pricing) {
  AdvertisementParser parser({});
  Advertisement advertisement;
  Faults faults;
  parser.parse(R"({"ip_address":"1.2.3.4","country":"SE","resources":{"cpu":1,"memory":1,)"
               R"("storage":1},"pricing":)" +
                   pricing + "}",
               advertisement, faults);
  EXPECT_TRUE(faults.empty()) << pricing;
  advertisement.provider_id = "p";
  const ListingDraft draft = Listing::draft(advertisement);
  Advertisement stored;
  EXPECT_TRUE(parser.parse({.provider_id = "p",
                            .provider_name = "",
                            .ip_address = "1.2.3.4",
                            .country = "SE",
                            .platform = "",
                            .network = "",
                            .payments_network = "",
                            .resources = draft->resources_json(),
                            .pricing = draft->pricing_json()},
                           stored));
  EXPECT_EQ(stored.prices, advertisement.prices) << pricing;
  return draft->prices().usd;
}

TEST(Listing, KeepsEachPriceAsSent) {
  constexpr double kNotSent = UnitPrices::kNotSent;
  const std::string glm = R"("glm_per_core_month":1,"glm_per_gb_ram_month":1)";
  EXPECT_EQ(prices_of("null"), UnitPrices());
  EXPECT_EQ(prices_of("{}"), UnitPrices());
  EXPECT_EQ(prices_of(R"({"usd_per_core_month":6,"usd_per_gb_ram_month":2,)" + glm + "}"),
            (UnitPrices{6, 2, kNotSent}));
  EXPECT_EQ(prices_of(R"({"usd_per_core_month":6,"usd_per_gb_ram_month":2,)"
                      R"("usd_per_gb_storage_month":null})"),
            (UnitPrices{6, 2, kNotSent}));
  EXPECT_EQ(prices_of(R"({"usd_per_core_month":0,"usd_per_gb_ram_month":0.0,)"
                      R"("usd_per_gb_storage_month":-0.0})"),
            (UnitPrices{0, 0, 0}));
  EXPECT_EQ(prices_of(R"({"usd_per_gb_storage_month":0.12,"x":{"usd_per_core_month":9},)"
                      R"("usd_per_core_month":0,"usd_per_gb_ram_month":25e-1})"),
            (UnitPrices{0, 2.5, 0.12}));
}

TEST(Listing, KnowsPricesOfASizeWhereAllThreeAreSentAndNotAllZero) {
  constexpr double kNotSent = UnitPrices::kNotSent;
  EXPECT_FALSE(UnitPrices().known());
  EXPECT_FALSE((UnitPrices{6, 2, kNotSent}).known());
  EXPECT_FALSE((UnitPrices{kNotSent, 2, 1}).known());
  EXPECT_FALSE((UnitPrices{6, kNotSent, 1}).known());
  EXPECT_FALSE((UnitPrices{0, 0, 0}).known());
  EXPECT_TRUE((UnitPrices{0, 0, 5e-324}).known());
  EXPECT_TRUE((UnitPrices{6, 2, 0}).known());
}

TEST(Listing, FindsFurtherResources) {
  Advertisement advertisement = example();
  advertisement.resources_json = R"({"cpu":4,"memory":8,"storage":100,"gpu":2,"gpu_memory":0})";
  const ListingDraft draft = Listing::draft(advertisement);
  EXPECT_EQ(draft->resource(NumberKey("gpu")), 2);
  EXPECT_EQ(draft->resource(NumberKey("gpu_memory")), 0);
  EXPECT_EQ(draft->resource(NumberKey("cpu")), std::nullopt) << "has a place of its own";
  EXPECT_EQ(draft->resource(NumberKey("gp")), std::nullopt);
  EXPECT_EQ(draft->resource(NumberKey("memor")), std::nullopt);
}

TEST(Listing, FindsNumbersAmongThePricing) {
  Advertisement advertisement = example();
  EXPECT_EQ(Listing::draft(advertisement)->pricing_number(NumberKey("setup_fee")), std::nullopt);
  advertisement.pricing_json = R"({"note":"\"setup_fee\":1","tiers":{"setup_fee":2},"list":[{)"
                               R"("setup_fee":3}],"text":"4","none":null,"yes":true,)"
                               R"("setup_fee":-12.5,"big":18446744073709551615,"e":1e-7})";
  const ListingDraft draft = Listing::draft(advertisement);
  EXPECT_EQ(draft->pricing_number(NumberKey("setup_fee")), -12.5);
  EXPECT_EQ(draft->pricing_number(NumberKey("big")), 18446744073709551615.0);
  EXPECT_EQ(draft->pricing_number(NumberKey("e")), 1e-7);
  for (const std::string_view key : {"note", "tiers", "list", "text", "none", "yes", "fee"}) {
    EXPECT_EQ(draft->pricing_number(NumberKey(key)), std::nullopt) << key;
  }
}

}  // namespace
}  // namespace discovery
