#include "store/sqlite/sqlite_reader.h"

#include <utility>

#include "base/catch_exceptions.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/side_tables.h"
#include "store/sqlite/stored_row.h"

namespace discovery {
namespace {

std::optional<Proof> proof_of(Statement& statement) {
  const StoredRow row = row_of(statement);
  if (!row.verified) return std::nullopt;
  return Proof{*row.proof_ms, std::string(statement.text(kProofText)),
               std::string(statement.text(kProofSignature)),
               std::string(statement.blob(kProofBody))};
}

class SqliteReader final : public StoreReader {
 public:
  static Result<std::unique_ptr<StoreReader>> open(std::shared_ptr<SharedDatabase> connection) {
    std::unique_ptr<SqliteReader> reader(new SqliteReader(std::move(connection)));
    if (auto prepared = reader->prepare(); !prepared) return prepared.error();
    return std::unique_ptr<StoreReader>(std::move(reader));
  }

  Result<std::optional<Proof>> proof(std::string_view provider_id) override {
    return find(proof_, provider_id, proof_of);
  }
  Result<std::optional<History>> history(std::string_view provider_id) override {
    return find(history_, provider_id,
                [](Statement& found) { return std::optional(history_of(found)); });
  }
  Result<std::optional<RefusalNote>> refusal(std::string_view provider_id) override {
    return find(refusal_, provider_id,
                [](Statement& found) { return std::optional(refusal_of(found)); });
  }

 private:
  explicit SqliteReader(std::shared_ptr<SharedDatabase> connection)
      : connection_(std::move(connection)) {}

  Status prepare() {
    MutexLock lock(connection_->mutex);
    return connection_->database.prepare({
        {&proof_, select_rows(kColumnCount) + " WHERE provider_id = ?1"},
        {&history_, select_history()},
        {&refusal_, select_refusal()},
    });
  }

  /// What `read` makes of the provider's row. Lets go of the row at once: a checkpoint does not get
  /// past a statement that is not done.
  template <class Read>
  auto find(Statement& statement, std::string_view provider_id, Read read)
      -> Result<decltype(read(statement))> {
    MutexLock lock(connection_->mutex);
    statement.bind(1, provider_id);
    using Found = Result<decltype(read(statement))>;
    Found found = catch_exceptions([&]() -> Found {
      switch (statement.step()) {
        case Statement::Step::row:
          return read(statement);
        case Statement::Step::failed:
          return connection_->database.error("read");
        case Statement::Step::done:
          break;
      }
      return {std::nullopt};
    });
    statement.reset();
    return found;
  }

  std::shared_ptr<SharedDatabase> connection_;
  Statement proof_;
  Statement history_;
  Statement refusal_;
};

}  // namespace

Result<std::unique_ptr<StoreReader>> read_by(std::shared_ptr<SharedDatabase> connection) {
  return SqliteReader::open(std::move(connection));
}

Result<std::unique_ptr<StoreReader>> read_file(const std::string& path) {
  auto database = Database::open(path, Database::Access::read_only);
  if (!database) return std::move(database).error();
  return SqliteReader::open(std::make_shared<SharedDatabase>(*std::move(database)));
}

}  // namespace discovery
