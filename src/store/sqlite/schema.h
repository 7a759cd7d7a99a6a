// The table `advertisements`, as the Python service makes it, with the columns this one adds; and
// the tables beside it, which are this server's alone.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace discovery {

/// What is particular to one file's table.
struct Schema {
  // A parameter may be NULL where the contract knows null.
  struct Writing {
    std::string upsert;
    // The same for a row that is there and has this country, which is not written: that would cost
    // its index two changes.
    std::string update;
  };
  Writing unproven;  // leaves the row without a proof, and has no parameters for one
  Writing proven;
};

/// The results of select_rows(), counted from 0, and the parameters of a Writing, counted from 1.
/// From kProofMs on all are NULL where a row rests on no proof; the long ones come last, so that
/// reading the others does not lead through them.
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
  kProofMs,
  kProofDigest,  // of the columns in front of kProofMs
  kProofText,
  kProofSignature,
  kProofBody,
  kColumnCount,
};

/// Selects the columns in front of `end` of every row; a WHERE clause may be appended.
std::string select_rows(Column end);

/// Code::unavailable: a newer version of this server, which may mean something else by its tables,
/// has made them.
Status check_version(Database& database);

/// Makes the tables where there are none and adds the columns that are missing, all or nothing.
/// Code::invalid: there is a table `advertisements` that cannot serve, and stays as it was. Other
/// codes also as of check_version().
Result<Schema> prepare_schema(Database& database);

}  // namespace discovery
