#include "advertisement/listing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "advertisement/codec.h"

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

TEST(Listing, CostsFewBytesBesidesItsText) { EXPECT_LE(sizeof(Listing), 48U); }

}  // namespace
}  // namespace discovery
