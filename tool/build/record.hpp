#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "build/copy_items.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// What a step read when it last ran, as text: a line for what it is asked to
/// do, then one an item with what would show a change of its source. Equal
/// records mean an equal layer. Kept as a .record file, for the next run and
/// for `explain`.
struct Record {
  std::vector<std::string> lines = {};

  std::string text() const;
  static Record parse(std::string_view text);
};

/// A name in a line: it may hold anything, lines may not.
std::string escaped(std::string_view text);
std::string unescaped(std::string_view text);

/// A line that makes the record unlike any later one, when what was read
/// changed as late as `changed_ns`: it could change again unseen.
std::optional<std::string> racy_line(std::int64_t changed_ns, std::int64_t now_ns);

/// Take users and passwords of URLs out of the lines; a digest stands for them,
/// so that a change of one still counts.
void hide_credentials(Record& record);

/// `now_ns` is when the record was taken: an item changed at that very moment
/// could change again unseen, so such a record never equals a later one.
Record make_record(const Step& step, const std::vector<CopiedItem>& items, std::int64_t now_ns);

/// What differs, a sentence each: "'src/a.txt' changed", "the instruction
/// changed from ... to ...". Empty: nothing.
std::vector<std::string> differences(const Record& before, const Record& now);

}  // namespace slipway
