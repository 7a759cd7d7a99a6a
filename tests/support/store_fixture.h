// A directory of its own for each test that has a database, and both ways to look into it.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "store/store.h"

namespace discovery {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The database as any other program sees it.
class OtherProgram {
 public:
  explicit OtherProgram(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK);
  }
  ~OtherProgram() { sqlite3_close(handle_); }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;

  /// The rows, columns joined by `|`, one a line.
  std::string run(const std::string& sql) {
    std::string rows;
    const auto collect = [](void* out, int columns, char** values, char**) {
      auto& text = *static_cast<std::string*>(out);
      for (int i = 0; i < columns; ++i) {
        text.append(i == 0 ? "" : "|").append(values[i] != nullptr ? values[i] : "NULL");
      }
      text += "\n";
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), collect, &rows, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(handle_);
    return rows;
  }

 private:
  sqlite3* handle_ = nullptr;
};

/// Overwrites what a table's first page begins with, as a failing disk may.
inline void overwrite_root_page(const std::string& path, const std::string& table) {
  OtherProgram program(path);
  const long page =
      std::stol(program.run("SELECT rootpage FROM sqlite_master WHERE name = '" + table + "'"));
  const long page_size = std::stol(program.run("PRAGMA page_size"));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * page_size);
  file << std::string(16, '\xee');
  ASSERT_TRUE(file.flush());
}

inline std::unique_ptr<Store> open_or_fail(const std::string& path) {
  auto store = open_sqlite(path);
  if (store) return *std::move(store);
  ADD_FAILURE() << store.error().message;
  return nullptr;
}

}  // namespace discovery
