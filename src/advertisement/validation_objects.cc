#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "advertisement/json/json_text.h"
#include "advertisement/validation.h"
#include "base/ascii.h"
#include "base/text_writer.h"

namespace discovery {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kBody = "body";
constexpr std::string_view kResources = "resources";
constexpr std::string_view kPricing = "pricing";

constexpr int32_t kSizeMax = INT32_MAX;
constexpr size_t kSizeDigitsMax = 10;
constexpr double kPriceMax = 1e9;

// Each is written as `,"name":size`; Resources::render counts on it.
constexpr size_t kMemberBytesMax = kResourceNameBytesMax + 4 + kSizeDigitsMax;
static_assert((3 + kFurtherResourcesMax) * kMemberBytesMax + 1 <= kResourcesBytesMax);

// A number that is an integer from 0 to kSizeMax however it is written: 4, 4.0, 4e0.
std::optional<int32_t> size_of(const dom::element& value) {
  double number = 0;  // holds every such integer exactly
  if (value.get(number) != simdjson::SUCCESS) return std::nullopt;
  if (!(number >= 0 && number <= kSizeMax) || number != std::trunc(number)) return std::nullopt;
  return static_cast<int32_t>(number);
}

// The resources of one advertisement, before they are rendered.
class Resources {
 public:
  explicit Resources(FaultList& faults) : faults_(faults) {}

  void read(std::string_view name, const dom::element& value) {
    for (Required& required : required_) {
      if (required.name == name) return validate_required(required, value);
    }
    validate_further(name, value);
  }

  void require_all() {
    for (const Required& required : required_) {
      if (!required.given) faults_.add({kBody, kResources, required.name}, "is required");
    }
    if (further_given_ > kFurtherResourcesMax) {
      faults_.add({kBody, kResources}, "must name at most 16 besides cpu, memory and storage");
    }
  }

  Sizes sizes() const { return {required_[0].size, required_[1].size, required_[2].size}; }

  void render(std::string& out) const {
    std::array<char, kResourcesBytesMax> text;
    TextWriter writer(text.data());
    for (const Required& required : required_) {
      writer.put(&required == required_.data() ? "{\"" : ",\"").put(required.name).put("\":");
      writer.put_integer(required.size);
    }
    for (size_t i = 0; i < further_kept_; ++i) {
      writer.put(",\"").put(further_[i].name).put("\":").put_integer(further_[i].size);
    }
    writer.put('}');
    out.assign(text.data(), writer.at());
  }

 private:
  struct Required {
    std::string_view name;
    int32_t size = 0;
    bool given = false;
  };
  struct Further {
    std::string_view name;
    int32_t size;
  };

  void validate_required(Required& required, const dom::element& value) {
    const std::optional<int32_t> size = size_of(value);
    required.given = true;
    required.size = size.value_or(0);
    if (required.size < 1) {
      faults_.add({kBody, kResources, required.name}, "must be an integer from 1 to 2147483647");
    }
  }

  void validate_further(std::string_view name, const dom::element& value) {
    ++further_given_;
    const std::optional<int32_t> size = size_of(value);
    if (!is_resource_name(name)) {
      faults_.add({kBody, kResources, name},
                  "must be named by a letter and up to 31 of a-z 0-9 _, all lower-case");
    } else if (!size) {
      faults_.add({kBody, kResources, name}, "must be an integer from 0 to 2147483647");
    } else if (further_kept_ < further_.size()) {
      further_[further_kept_++] = {name, *size};
    }
  }

  FaultList& faults_;
  std::array<Required, 3> required_{{{"cpu"}, {"memory"}, {"storage"}}};
  std::array<Further, kFurtherResourcesMax> further_;
  size_t further_kept_ = 0;
  size_t further_given_ = 0;
};

using SentPrices = std::array<double, kUnitPriceNames.size()>;

// False: refused. What is null counts as not sent.
bool validate_price(const dom::element& value, double& out) {
  double number = 0;
  if (value.is_null()) return true;
  if (value.get(number) != simdjson::SUCCESS) return false;
  out = number + 0.0;  // -0 becomes 0
  return number >= 0 && number <= kPriceMax;
}

}  // namespace

bool is_resource_name(std::string_view name) {
  if (name.empty() || name.size() > kResourceNameBytesMax) return false;
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return is_lower(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_lower(c) || is_ascii_digit(c) || c == '_';
         });
}

void validate_resources(const dom::element& value, Advertisement& out, FaultList& faults) {
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return faults.add({kBody, kResources}, "must be an object");
  }
  Resources resources(faults);
  for (const auto& [name, size] : object) resources.read(name, size);
  resources.require_all();
  out.sizes = resources.sizes();
  resources.render(out.resources_json);
}

void validate_pricing(const dom::element& value, Advertisement& out, FaultList& faults) {
  std::string& json = out.pricing_json;
  json.clear();
  out.prices = {};
  if (value.is_null()) return;
  dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return faults.add({kBody, kPricing}, "must be null or an object");
  }
  SentPrices sent;
  sent.fill(UnitPrices::kNotSent);
  char separator = '{';
  for (const auto& [name, price] : object) {
    json += separator;
    separator = ',';
    append_json_string(json, name);
    json += ':';
    const auto at =
        static_cast<size_t>(std::ranges::find(kUnitPriceNames, name) - kUnitPriceNames.begin());
    if (at < sent.size() && !validate_price(price, sent[at])) {
      faults.add({kBody, kPricing, name}, "must be null or a number from 0 to 1000000000");
    } else if (!append_json(json, price)) {
      faults.add({kBody, kPricing, name},
                 "must not hold integers of more than 64 bits or numbers beyond 1e300");
    }
  }
  json += separator == '{' ? "{}" : "}";
  if (json.size() > kPricingBytesMax) faults.add({kBody, kPricing}, "must be at most 4096 bytes");
  out.prices = {{sent[0], sent[1], sent[2]}, {sent[3], sent[4], sent[5]}};
}

}  // namespace discovery
