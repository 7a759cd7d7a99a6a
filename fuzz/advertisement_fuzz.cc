// Any accepted body renders as valid JSON, and its rendered fields are accepted again and mean the
// same.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "advertisement/advertisement_parser.h"
#include "listing/listing.h"

namespace discovery {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(AdvertisementParser& parser, const Advertisement& advertisement) {
  const ListingDraft listing = Listing::draft(advertisement);
  simdjson::dom::parser json;
  require(json.parse(listing->json().data(), listing->json().size()).error() == simdjson::SUCCESS);

  const std::string name = listing->provider_name();
  Advertisement again;
  require(parser.parse({.provider_id = listing->provider_id(),
                        .provider_name = name,
                        .ip_address = listing->ip_address(),
                        .country = country_code(listing->country()),
                        .platform = listing->platform(),
                        .network = listing->network(),
                        .payments_network = listing->payments_network(),
                        .resources = listing->resources_json(),
                        .pricing = listing->pricing_json()},
                       again));
  require(again == advertisement);
}

}  // namespace
}  // namespace discovery

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static discovery::AdvertisementParser parser({});
  discovery::Advertisement advertisement;
  discovery::Faults faults;
  parser.parse({reinterpret_cast<const char*>(data), size}, advertisement, faults);
  if (!faults.empty()) return 0;
  advertisement.provider_id = "provider";
  discovery::check(parser, advertisement);
  return 0;
}
