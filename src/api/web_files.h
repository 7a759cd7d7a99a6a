// The web page, as it was built and compressed into the binary (web/embed.mjs makes the table).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace discovery {

/// One file. Everything lives as long as the process.
struct WebFile {
  std::string_view path;  // as asked for: `/`, `/docs`, `/assets/index-1a2b3c4d.js`
  std::string_view media_type;
  std::string_view tag;  // a strong entity tag, quotes included
  size_t size = 0;       // of the plain form
  const char* packed_begin = nullptr;
  const char* packed_end = nullptr;

  std::string_view gzip() const {
    return {packed_begin, static_cast<size_t>(packed_end - packed_begin)};
  }
  /// Its name has a hash of its content: it never changes.
  bool is_immutable() const { return path.starts_with("/assets/"); }
};

std::span<const WebFile> web_files();

/// Null where there is no such file. Thread-safe.
const WebFile* find_web_file(std::string_view path);

/// The plain form: unpacked when it is first asked for, and kept. Thread-safe.
std::string_view plain_form(const WebFile& file);

}  // namespace discovery
