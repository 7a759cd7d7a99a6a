#!/usr/bin/python3
"""Checks what neither the compiler nor clang-format does.

Functions of at most 70 lines, files of at most 400, lines of at most 100 columns, includes that run
one way only (docs/architecture.md), and one version everywhere. Prints one line per fault; exits
with 1 if there is any.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
# Files that may be longer, each with its reason: a class is not split to keep a limit.
LONGER = {
    "src/listing/listing.cc": "one text and its members' offsets: writing and reading go together",
    "src/store/sqlite/sqlite_store.cc": "the transactions of one connection, which share its statements",
}
COLUMNS_MAX = 100

# What each folder of src/ may include besides itself and the folders in it. A folder that is not
# named goes by the one that it lies in.
_VALUES = ["base", "advertisement", "identity", "listing", "query"]
BELOW = {
    "base": [],
    "identity": ["base"],
    "advertisement": ["base"],
    "listing": ["base", "advertisement"],
    "query": ["base", "advertisement", "identity", "listing"],
    "store": ["base", "advertisement", "listing"],
    "board/index": _VALUES,
    "board/providers": ["base", "advertisement", "identity", "listing", "store/store.h"],
    "board": [*_VALUES, "store/store.h"],
    "net/http1": ["base"],
    "net": ["base"],
    "api": [*_VALUES, "board", "store/store.h", "net/http1", "net/connection_counts.h"],
    "server/config": _VALUES,
    "server/logging": ["base", "server/config"],
    "server": [*_VALUES, "board", "store/store.h", "store/recovery.h", "net", "api"],
}

# Headers of libraries that only one place may know.
CONFINED = {
    "sqlite3.h": "src/store/sqlite/",
    "secp256k1": "src/identity/",
    "sodium.h": ("src/identity/", "src/listing/content_digest.cc"),
    "cryptopp/": "src/identity/",
    "simdjson.h": "src/advertisement/",
    "libdeflate.h": "src/api/reply/gzip.cc",
    "boost/beast": "src/net/",
    "boost/asio": "src/net/",
    "CLI/": "src/server/config/",
    "toml++/": "src/server/config/",
}

NOISE = re.compile(
    r'R"(?P<end>[^()\\ ]*)\(.*?\)(?P=end)"'  # raw strings
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"  # characters, but not 1'000
    r"|//[^\n]*|/\*.*?\*/"
    r"|^[ \t]*\#(?:\\\n|[^\n])*",  # preprocessor lines
    re.DOTALL | re.MULTILINE,
)
INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.MULTILINE)
SCOPE = re.compile(r'\b(namespace|class|struct|union|enum|extern)\b')


def without_noise(text):
    """The text with comments, literals and preprocessor lines emptied, its lines where they were."""
    return NOISE.sub(lambda match: "\n" * match.group().count("\n"), text)


def without_groups(head):
    """A declaration's head without what stands in parentheses and angle brackets."""
    while True:
        shorter = re.sub(r"\([^()]*\)|<[^<>]*>", " ", head)
        if shorter == head:
            return head
        head = shorter


def opens_scope(head):
    return SCOPE.search(without_groups(head)) is not None and not head.rstrip().endswith(")")


def opens_function(head):
    return "(" in head and not head.rstrip().endswith(("=", "]"))


def functions(text):
    """(first line, last line) of each outermost function body, its signature included."""
    depth = 0  # of braces that are no scopes
    scopes = []
    head, head_line, line = "", None, 1
    begin = None
    for char in without_noise(text):
        if char == "\n":
            line += 1
        if depth == 0 and char not in "{};":
            if head_line is None and not char.isspace():
                head_line = line
            head += char
        elif char == "{":
            if depth == 0 and opens_scope(head):
                scopes.append(line)
            else:
                if depth == 0:
                    begin = head_line if opens_function(head) else None
                depth += 1
            head, head_line = "", None
        elif char == "}":
            if depth > 0:
                depth -= 1
                if depth == 0 and begin is not None:
                    yield begin, line
            elif scopes:
                scopes.pop()
            head, head_line = "", None
        elif depth == 0:
            head, head_line = "", None


def rules_of(folder):
    """The rules of the nearest folder around that has any."""
    while folder not in BELOW:
        folder = folder.rpartition("/")[0]
    return folder, BELOW[folder]


def include_faults(path, text):
    name = path.relative_to(ROOT).as_posix()
    folder, below = rules_of(path.relative_to(ROOT / "src").parent.as_posix())
    for included in INCLUDE.findall(text):
        for header, home in CONFINED.items():
            if included.startswith(header) and not name.startswith(home):
                yield f"{name}: only {home} includes {header}"
        if (ROOT / "src" / included).exists():
            if not any(f"{included}/".startswith(f"{one}/") for one in (folder, *below)):
                yield f"{name}: {folder}/ may not include {included}"


def length_faults(path, text):
    name = path.relative_to(ROOT).as_posix()
    lines = text.split("\n")
    if len(lines) - 1 > FILE_LINES_MAX and name not in LONGER:
        yield f"{name}: {len(lines) - 1} lines, at most {FILE_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield f"{name}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"
        if line != line.rstrip() or "\t" in line:
            yield f"{name}:{number}: a tab, or space at the end"
    if path.suffix in (".cc", ".h"):
        for begin, end in functions(text):
            if end - begin + 1 > FUNCTION_LINES_MAX:
                yield (f"{name}:{begin}: a function of {end - begin + 1} lines, "
                       f"at most {FUNCTION_LINES_MAX}")


def version_faults():
    project = re.search(r"project\(\S+ VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    described = json.loads((ROOT / "src/api/openapi.json").read_text())["info"]["version"]
    if project.group(1) != described:
        yield f"src/api/openapi.json: version {described}, CMakeLists.txt: {project.group(1)}"


def faults():
    yield from version_faults()
    paths = [ROOT / "dev"]
    for folder in ("src", "tests", "bench", "fuzz"):
        for suffix in ("*.cc", "*.h"):
            paths += sorted((ROOT / folder).rglob(suffix))
    for path in paths:
        text = path.read_text(encoding="utf-8")
        yield from length_faults(path, text)
        if path.is_relative_to(ROOT / "src"):
            yield from include_faults(path, text)
        if path.suffix == ".h" and "#pragma once" not in text:
            yield f"{path.relative_to(ROOT).as_posix()}: no #pragma once"


def main():
    found = list(faults())
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
