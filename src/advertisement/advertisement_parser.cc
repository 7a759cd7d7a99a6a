#include "advertisement/advertisement_parser.h"

#include <simdjson.h>

#include <array>
#include <optional>

#include "advertisement/fault_list.h"
#include "advertisement/json/json_document.h"
#include "advertisement/validation.h"

namespace discovery {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kBody = "body";
constexpr std::string_view kResources = "resources";
constexpr std::string_view kPricing = "pricing";

struct TextField {
  std::string_view name;
  std::optional<std::string_view> TextFields::*member;
};

constexpr std::array<TextField, 6> kTextFields = {{
    {"ip_address", &TextFields::ip_address},
    {"country", &TextFields::country},
    {"platform", &TextFields::platform},
    {"provider_name", &TextFields::provider_name},
    {"network", &TextFields::network},
    {"payments_network", &TextFields::payments_network},
}};

/// The known fields of a body; empty: absent or null.
struct BodyFields {
  TextFields texts;
  std::optional<dom::element> resources;
  std::optional<dom::element> pricing;
};

void take_text(std::string_view name, const dom::element& value, TextFields& texts,
               FaultList& faults) {
  for (const TextField& field : kTextFields) {
    if (field.name != name) continue;
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      texts.*field.member = text;
    } else {
      faults.add({kBody, name}, "must be a string");
    }
    return;
  }
}

BodyFields take_fields(const dom::object& body, FaultList& faults) {
  BodyFields fields;
  for (const auto& [name, value] : body) {
    if (value.is_null()) continue;
    if (name == kResources) {
      fields.resources = value;
    } else if (name == kPricing) {
      fields.pricing = value;
    } else {
      take_text(name, value, fields.texts, faults);
    }
  }
  return fields;
}

}  // namespace

struct AdvertisementParser::State {
  explicit State(ValidationOptions validation_options) : options(std::move(validation_options)) {}

  ValidationOptions options;
  JsonDocument document;
  Faults faults;  // of a stored row
};

AdvertisementParser::AdvertisementParser(ValidationOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

AdvertisementParser::~AdvertisementParser() = default;
AdvertisementParser::AdvertisementParser(AdvertisementParser&&) noexcept = default;

void AdvertisementParser::parse(std::string_view body, Advertisement& out, Faults& faults) {
  FaultList list(faults);
  const dom::element* const root = state_->document.parse(body, std::array{kBody}, list);
  if (root == nullptr) return;
  dom::object object;
  if (root->get(object) != simdjson::SUCCESS) return list.add({kBody}, "must be a JSON object");

  const BodyFields fields = take_fields(object, list);
  validate_texts(fields.texts, state_->options, out, list);
  if (fields.resources) {
    validate_resources(*fields.resources, out, list);
  } else {
    list.add({kBody, kResources}, "is required");
  }
  out.pricing_json.clear();
  out.prices = {};
  if (fields.pricing) validate_pricing(*fields.pricing, out, list);
}

bool AdvertisementParser::parse(const Columns& columns, Advertisement& out) {
  State& state = *state_;
  state.faults.clear();
  FaultList list(state.faults);
  const auto given = [](std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  validate_texts({.ip_address = given(columns.ip_address),
                  .country = given(columns.country),
                  .platform = given(columns.platform),
                  .provider_name = given(columns.provider_name),
                  .network = given(columns.network),
                  .payments_network = given(columns.payments_network)},
                 state.options, out, list);

  // One document serves both: what the first parse returned is done with before the second.
  const auto parse = [&](std::string_view text, std::string_view name) {
    return state.document.parse(text, std::array{kBody, name}, list);
  };
  if (const dom::element* const resources = parse(columns.resources, kResources)) {
    validate_resources(*resources, out, list);
  }
  out.pricing_json.clear();
  out.prices = {};
  if (!columns.pricing.empty()) {
    if (const dom::element* const pricing = parse(columns.pricing, kPricing)) {
      validate_pricing(*pricing, out, list);
    }
  }
  out.provider_id = columns.provider_id;
  const bool has_id = !out.provider_id.empty() && out.provider_id.size() <= kProviderIdBytesMax;
  return has_id && state.faults.empty();
}

}  // namespace discovery
