// A row of `advertisements` as text, and whether it is still the one that its proof was stored
// with.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "store/sqlite/database.h"
#include "store/sqlite/schema.h"
#include "store/store.h"

namespace discovery {

/// The columns in front of kProofMs as their texts lie in the file, NULL as empty.
using RowTexts = std::array<std::string_view, kProofMs>;

/// Lies beside a proof to show that another program, such as the Python service, which leaves our
/// columns alone, has changed the row since. A program that can write the file can forge
/// it: what a proof proves to others is in its signature. Files hold these numbers: under another
/// function every row is unverified until its provider's next post.
int64_t digest(RowTexts texts);

/// The present row of a statement made with select_rows(kProofText) or more. Views live until its
/// next step.
StoredRow row_of(Statement& statement);

}  // namespace discovery
