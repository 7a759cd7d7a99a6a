// Where settings come from: the command line, the environment, a file. Each adds what the ones
// before it have not given, so the order of the calls is the order of precedence. What is blank is
// not given.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/config/config.h"
#include "server/config/setting_table.h"

namespace discovery {

/// A setting as its source gave it.
struct Given {
  std::string text;
  std::string
      origin;  // how the source calls it: "--port", "GOLEM_DISCOVERY_PORT", "port in x.toml"
};
using GivenSettings = std::map<const Setting*, Given>;

struct CommandLine {
  Invocation::Action action = Invocation::Action::serve;
  std::string text;  // of help and version
  GivenSettings given;
};

Result<CommandLine> read_command_line(int argc, const char* const* argv);

/// Variables that are no settings are not errors: each is named in `warnings`.
void read_environment(const char* const* environment, GivenSettings& given,
                      std::vector<std::string>& warnings);

Status read_file(const std::string& path, GivenSettings& given);

/// `text` in quotes, fit for one line: control characters escaped, passwords in URLs hidden, cut
/// where it is long.
std::string in_quotes(std::string_view text);

}  // namespace discovery
