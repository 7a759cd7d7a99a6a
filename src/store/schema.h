// The table `advertisements`: as the Python service makes it, with the columns this one adds.
#pragma once

#include <string>

#include "base/result.h"
#include "store/database.h"

namespace discovery {

/// What is particular to one file's table.
struct Schema {
  enum class Rows { by_rowid, by_key };
  Rows rows = Rows::by_rowid;
  std::string upsert;  // a parameter may be NULL where the contract knows null
};

/// The results of select_rows(), counted from 0, and the parameters of `upsert`, counted from 1.
enum Column {
  kProviderId,
  kProviderName,
  kIpAddress,
  kCountry,
  kPlatform,
  kNetwork,
  kPaymentsNetwork,
  kResources,
  kPricing,
  kCreatedAt,
  kUpdatedAt,
  kColumnCount,
};

/// Selects every row; a WHERE clause may be appended.
std::string select_rows();

/// Makes the table where there is none and adds the columns that are missing, all or nothing.
/// Code::invalid: there is a table of that name which cannot serve, and stays as it was.
Result<Schema> prepare_schema(Database& database);

}  // namespace discovery
