// Settings as a test gives them: flags, variables, a file.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/config/config.h"

namespace discovery::test {

using Words = std::vector<std::string>;

inline std::vector<const char*> pointers(const Words& words) {
  std::vector<const char*> result;
  for (const std::string& word : words) result.push_back(word.c_str());
  result.push_back(nullptr);
  return result;
}

inline Result<Invocation> load(Words flags, Words environment) {
  flags.insert(flags.begin(), "golem-discovery");
  environment.push_back("HOME=/home/board");
  return load_config(static_cast<int>(flags.size()), pointers(flags).data(),
                     pointers(environment).data());
}

inline Config config_of(const Words& flags, const Words& environment = {}) {
  auto invocation = load(flags, environment);
  EXPECT_TRUE(invocation) << invocation.error().message;
  return invocation ? invocation->config : Config{};
}

inline std::string error_of(const Words& flags, const Words& environment = {}) {
  const auto invocation = load(flags, environment);
  EXPECT_FALSE(invocation) << "accepted";
  return invocation ? "" : invocation.error().message;
}

/// A file of settings that is gone when the test is.
class SettingsFile {
 public:
  explicit SettingsFile(const std::string& text)
      : path_(testing::TempDir() + "settings_" + std::to_string(getpid()) + ".toml") {
    std::ofstream(path_) << text;
  }
  ~SettingsFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline Config config_of_file(const std::string& text) {
  const SettingsFile file(text);
  return config_of({"--config", file.path()});
}

inline std::string error_of_file(const std::string& text) {
  const SettingsFile file(text);
  return error_of({"--config", file.path()});
}

}  // namespace discovery::test
