#include "layer/contents.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <unordered_set>

#include "base/error.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace {

constexpr std::string_view header = "slipway-contents 1";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view type_letters = "fdlhpcbwo";

// --- Writing -----------------------------------------------------------------

bool needs_escape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == 0x7f || c == '\\' || c == '=';
}

void append_hex(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += hex_digits[byte >> 4];
  out += hex_digits[byte & 15];
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (needs_escape(c)) {
      out += "\\x";
      append_hex(out, c);
    } else {
      out += c;
    }
  }
}

/// A field that may be empty.
void append_field(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += '-';
  } else if (text == "-") {
    out += "\\x2d";
  } else {
    append_escaped(out, text);
  }
}

void append_entry(std::string& out, const Entry& entry) {
  fmt::format_to(std::back_inserter(out), "{} {:o} {} {} {} {} {} {} {}:{} ",
                 static_cast<char>(entry.type), entry.mode, entry.uid, entry.gid, entry.mtime,
                 entry.size, entry.content ? std::string_view(entry.content->hex()) : "-",
                 entry.offset, entry.device_major, entry.device_minor);
  append_field(out, entry.path);
  out += ' ';
  append_field(out, entry.link_target);
  for (const auto& [name, value] : entry.xattrs) {
    out += ' ';
    append_escaped(out, name);
    out += '=';
    for (const char c : value) append_hex(out, c);
  }
  out += '\n';
}

// --- Reading -----------------------------------------------------------------

[[noreturn]] void malformed(std::string_view what) {
  throw Error(Errc::integrity, fmt::format("malformed {}", what));
}

/// Cuts a line into its fields, one after the other.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  bool more() const { return rest_.data() != nullptr; }

  std::string_view next(std::string_view what) {
    if (!more()) malformed(what);
    const auto space = rest_.find(' ');
    const std::string_view field = rest_.substr(0, space);
    rest_ = space == std::string_view::npos ? std::string_view() : rest_.substr(space + 1);
    return field;
  }

  template <typename Number>
  Number number(std::string_view what, int base = 10) {
    return to_number<Number>(next(what), what, base);
  }

  template <typename Number>
  static Number to_number(std::string_view text, std::string_view what, int base = 10) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) malformed(what);
    return value;
  }

 private:
  std::string_view rest_;
};

char parse_hex(std::string_view two, std::string_view what) {
  const auto high = hex_digits.find(two[0]);
  const auto low = hex_digits.find(two[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) malformed(what);
  return static_cast<char>(high * 16 + low);
}

std::string unescape(std::string_view text, std::string_view what) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 4 || text[i + 1] != 'x') malformed(what);
    out += parse_hex(text.substr(i + 2, 2), what);
    i += 3;
  }
  return out;
}

std::string parse_field(std::string_view text, std::string_view what) {
  return text == "-" ? std::string() : unescape(text, what);
}

EntryType parse_type(std::string_view text) {
  if (text.size() != 1 || type_letters.find(text[0]) == std::string_view::npos) malformed("type");
  return static_cast<EntryType>(text[0]);
}

std::optional<Digest> parse_content(std::string_view text) {
  if (text == "-") return std::nullopt;
  const bool is_digest = text.size() == 64 && text.find_first_not_of(hex_digits) == text.npos;
  if (!is_digest) malformed("content digest");
  return Digest::from_hex(std::string(text));
}

std::pair<std::string, std::string> parse_xattr(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) malformed("extended attribute");
  const std::string_view hex = text.substr(equals + 1);
  if (hex.size() % 2 != 0) malformed("extended attribute");
  std::pair<std::string, std::string> xattr = {
      unescape(text.substr(0, equals), "extended attribute"), {}};
  xattr.second.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    xattr.second += parse_hex(hex.substr(i, 2), "extended attribute");
  }
  return xattr;
}

Entry parse_entry(std::string_view type, Fields& fields) {
  Entry entry;
  entry.type = parse_type(type);
  entry.mode = fields.number<std::uint32_t>("mode", 8);
  entry.uid = fields.number<std::uint32_t>("uid");
  entry.gid = fields.number<std::uint32_t>("gid");
  entry.mtime = fields.number<std::int64_t>("time");
  entry.size = fields.number<std::uint64_t>("size");
  entry.content = parse_content(fields.next("content digest"));
  entry.offset = fields.number<std::uint64_t>("offset");
  const std::string_view device = fields.next("device");
  const auto colon = device.find(':');
  if (colon == std::string_view::npos) malformed("device");
  entry.device_major = Fields::to_number<std::uint32_t>(device.substr(0, colon), "device");
  entry.device_minor = Fields::to_number<std::uint32_t>(device.substr(colon + 1), "device");
  entry.path = parse_field(fields.next("path"), "path");
  entry.link_target = parse_field(fields.next("link target"), "link target");
  while (fields.more()) entry.xattrs.push_back(parse_xattr(fields.next("extended attribute")));
  return entry;
}

void parse_line(std::string_view line, Contents& contents) {
  Fields fields(line);
  const std::string_view first = fields.next("type");
  if (first != "excerpt") {
    contents.entries.push_back(parse_entry(first, fields));
    return;
  }
  std::string path = parse_field(fields.next("path"), "path");
  contents.excerpts[std::move(path)] = parse_field(fields.next("text"), "text");
  if (fields.more()) malformed("excerpt");
}

}  // namespace

bool is_excerpt(std::string_view path) {
  static constexpr std::array<std::string_view, 6> names = {"etc/passwd",     "etc/group",
                                                            "etc/ld.so.conf", "etc/ld.so.preload",
                                                            "etc/os-release", "usr/lib/os-release"};
  for (const std::string_view name : names) {
    if (path == name) return true;
  }
  constexpr std::string_view folder = "etc/ld.so.conf.d/";
  if (!path.starts_with(folder) || !path.ends_with(".conf")) return false;
  return path.find('/', folder.size()) == std::string_view::npos;
}

std::string to_text(const Contents& contents) {
  constexpr std::size_t usual_line = 160;
  std::string out;
  out.reserve(header.size() + 1 + contents.entries.size() * usual_line);
  out += header;
  out += '\n';
  for (const Entry& entry : contents.entries) append_entry(out, entry);
  for (const auto& [path, text] : contents.excerpts) {
    out += "excerpt ";
    append_field(out, path);
    out += ' ';
    append_field(out, text);
    out += '\n';
  }
  return out;
}

Contents parse_contents(std::string_view text) {
  Contents contents;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const std::string_view line = text.substr(0, newline);
    ++number;
    with_context([&] { return fmt::format("parse a table of contents: line {}", number); },
                 [&] {
                   if (newline == std::string_view::npos) malformed("end: no newline");
                   if (number > 1) {
                     parse_line(line, contents);
                   } else if (line != header) {
                     malformed("header");
                   }
                 });
    text.remove_prefix(newline + 1);
  }
  if (number == 0) throw Error(Errc::integrity, "parse a table of contents: it is empty");
  return contents;
}

Contents shape_of(const Contents& contents) {
  Contents shape;
  shape.excerpts = contents.excerpts;
  std::unordered_set<std::string_view> known_parents;
  for (const Entry& entry : contents.entries) {
    if (entry.type == EntryType::directory) known_parents.insert(entry.path);
  }
  for (const Entry& entry : contents.entries) {
    Entry bare;
    bare.path = entry.path;
    bare.type = entry.type;
    switch (entry.type) {
      case EntryType::directory:
        bare.mode = entry.mode;
        bare.uid = entry.uid;
        bare.gid = entry.gid;
        break;
      case EntryType::symlink:
        bare.link_target = entry.link_target;
        break;
      case EntryType::whiteout:
      case EntryType::opaque:
        break;
      default:
        // Something stands for a directory that only the paths of its files tell
        // of; and a file whose text is kept must be there to be looked up.
        if (!known_parents.insert(parent_name(entry.path)).second &&
            !contents.excerpts.contains(entry.path)) {
          continue;
        }
        bare.type = EntryType::file;
        break;
    }
    shape.entries.push_back(std::move(bare));
  }
  return shape;
}

}  // namespace slipway
