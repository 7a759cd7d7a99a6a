// A file of the SQLite store, its crashes, and providers who say the same again.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/renewal_log.h"
#include "tests/faulty_files.h"
#include "tests/store_fixture.h"
#include "tests/store_rows.h"

namespace discovery {

/// The next post of `former`'s provider, who says the same as before.
inline Change renewal_of(const Change& former, const Advertisement& advertisement,
                         WallTime updated) {
  Change change =
      numbered(former.listing->stored_at(), put(advertisement, former.listing->created(), updated));
  change.renewal = true;
  return change;
}

inline Change removal_of(const Change& former) {
  Change change = removal(std::string(former.listing->provider_id()));
  change.number = former.listing->stored_at();
  return change;
}

class RenewalLogTest : public testing::Test {
 protected:
  RenewalLogTest() { FaultyFiles::install(); }
  ~RenewalLogTest() override { FaultyFiles::heal(); }

  std::unique_ptr<Store> open() { return open_or_fail(path_); }

  /// The files as a kill would leave them now. A reader keeps the log from starting over meanwhile.
  std::string crash() {
    const std::string name = "crash" + std::to_string(++crashes_) + ".db";
    OtherProgram reader(path_);
    reader.run("BEGIN; SELECT count(*) FROM advertisements");
    std::filesystem::copy(path_, directory_.file(name));
    std::filesystem::copy(path_ + "-wal", directory_.file(name + "-wal"));
    return directory_.file(name);
  }

  static std::string time_in_file(OtherProgram& file, const std::string& id) {
    return file.run("SELECT updated_at FROM advertisements WHERE provider_id = '" + id + "'");
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("discovery.db");
  int crashes_ = 0;
};

}  // namespace discovery
