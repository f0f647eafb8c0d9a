// The fields of RUN --mount and --device. A mount is read twice: when the file
// is parsed, to report what can be known then, and when its step runs, with the
// variables of that place.
#include "dockerfile/mount.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "dockerfile/csv.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/instructions.hpp"

namespace slipway::dockerfile {
namespace {

[[noreturn]] void fail(std::string message) { throw Error(Errc::input, std::move(message)); }

bool parse_bool(std::string_view name, std::string_view text) {
  for (const auto* word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return true;
  }
  for (const auto* word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return false;
  }
  fail(fmt::format("'{}' is true or false, not '{}'", name, printable(text)));
}

std::uint32_t parse_number(std::string_view name, std::string_view text, int base) {
  std::uint32_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, base);
  if (result.ec != std::errc() || result.ptr != end) {
    fail(fmt::format("'{}' is {} number, not '{}'", name, base == 8 ? "an octal" : "a",
                     printable(text)));
  }
  return value;
}

std::int64_t size_of(std::string_view text) {
  if (const auto size = parse_size(text)) return *size;
  fail(fmt::format("'size' is a size such as 64m or 1g, not '{}'", printable(text)));
}

constexpr std::array type_names = {"bind", "cache", "tmpfs", "secret", "ssh"};
constexpr std::array sharing_names = {"shared", "private", "locked"};

/// The place of `word` (in any case) among the names of an enumeration.
template <typename Enum, std::size_t Size>
Enum parse_choice(std::string_view what, std::string_view word,
                  const std::array<const char*, Size>& names) {
  const auto found = std::find(names.begin(), names.end(), to_lower(word));
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  throw Error(Errc::input, fmt::format("unknown {} '{}'", what, printable(word)))
      .with_hint(fmt::format("it is one of {}", fmt::join(names, ", ")));
}

/// Collects the fields of one mount in the order given.
class MountReader {
 public:
  void set(std::string_view name, std::string value) {
    const auto setter = setters().find(name);
    if (setter == setters().end()) {
      throw Error(Errc::input, fmt::format("unknown field '{}' in a mount", printable(name)))
          .with_hint(did_you_mean(name, field_names()));
    }
    setter->second(*this, name, std::move(value));
  }

  MountOptions finish() {
    check_owner();
    if (options_.type == MountType::secret) check_secret();
    if (sharing_ && options_.type != MountType::cache) fail(unexpected("sharing"));
    const bool writable_kind =
        options_.type == MountType::cache || options_.type == MountType::tmpfs;
    options_.read_only = read_only_.value_or(!writable_kind);
    options_.sharing = sharing_.value_or(CacheSharing::shared);
    return std::move(options_);
  }

  static const std::vector<std::string>& field_names() {
    static const std::vector<std::string> names = [] {
      std::vector<std::string> all;
      for (const auto& [name, setter] : setters()) all.emplace_back(name);
      return all;
    }();
    return names;
  }

 private:
  using Setter = std::function<void(MountReader&, std::string_view name, std::string value)>;

  static Setter text(std::string MountOptions::*member) {
    return [member](MountReader& self, std::string_view, std::string value) {
      self.options_.*member = std::move(value);
    };
  }

  static Setter number(std::optional<std::uint32_t> MountOptions::*member, int base) {
    return [member, base](MountReader& self, std::string_view name, std::string value) {
      self.options_.*member = parse_number(name, value, base);
    };
  }

  static Setter read_only(bool meaning) {
    return [meaning](MountReader& self, std::string_view name, std::string value) {
      self.read_only_ = parse_bool(name, value) == meaning;
    };
  }

  static const std::map<std::string_view, Setter>& setters() {
    static const std::map<std::string_view, Setter> all = {
        {"type",
         [](MountReader& self, auto, std::string value) {
           self.options_.type = parse_choice<MountType>("mount type", value, type_names);
         }},
        {"from", text(&MountOptions::from)},
        {"source", text(&MountOptions::source)},
        {"src", text(&MountOptions::source)},
        {"target", text(&MountOptions::target)},
        {"dst", text(&MountOptions::target)},
        {"destination", text(&MountOptions::target)},
        {"id", text(&MountOptions::id)},
        {"ro", read_only(true)},
        {"readonly", read_only(true)},
        {"rw", read_only(false)},
        {"readwrite", read_only(false)},
        {"required", &MountReader::set_required},
        {"size", &MountReader::set_size},
        {"sharing",
         [](MountReader& self, auto, std::string value) {
           self.sharing_ = parse_choice<CacheSharing>("sharing", value, sharing_names);
         }},
        {"env", [](MountReader& self, auto,
                   std::string value) { self.options_.environment = std::move(value); }},
        {"mode", number(&MountOptions::mode, 8)},
        {"uid", number(&MountOptions::uid, 10)},
        {"gid", number(&MountOptions::gid, 10)},
        // Podman's, for SELinux: what we mount is never labelled for one container.
        {"z", [](MountReader&, auto, const std::string&) {}},
    };
    return all;
  }

  void set_required(std::string_view name, std::string value) {
    const bool known = options_.type == MountType::secret || options_.type == MountType::ssh;
    if (!known) fail(unexpected(name));
    options_.required = parse_bool(name, value);
  }

  void set_size(std::string_view name, std::string value) {
    if (options_.type != MountType::tmpfs) fail(unexpected(name));
    options_.size = size_of(value);
  }

  std::string unexpected(std::string_view name) const {
    return fmt::format("a mount of type {} has no field '{}'",
                       type_names[static_cast<std::size_t>(options_.type)], name);
  }

  void check_owner() const {
    if (options_.type != MountType::bind && options_.type != MountType::tmpfs) return;
    if (options_.mode) fail(unexpected("mode"));
    if (options_.uid) fail(unexpected("uid"));
    if (options_.gid) fail(unexpected("gid"));
  }

  void check_secret() const {
    if (!options_.from.empty()) fail(unexpected("from"));
    if (options_.source.empty() && options_.target.empty() && options_.id.empty()) {
      fail("a mount of type secret needs an id or a target");
    }
    if (!options_.source.empty() && !options_.id.empty()) {
      fail("a mount of type secret has either source or id, not both");
    }
  }

  MountOptions options_;
  std::optional<bool> read_only_;
  std::optional<CacheSharing> sharing_;
};

struct Field {
  std::string name;  ///< lower case
  std::optional<std::string> value;
};

Field split_field(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {to_lower(text), std::nullopt};
  return {to_lower(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

bool may_lack_value(std::string_view name) {
  return name == "ro" || name == "readonly" || name == "rw" || name == "readwrite" ||
         name == "required" || name == "z";
}

/// A mount without variables is what it is: all its mistakes can be told.
void check_now(const Mount& mount) {
  const auto has_variable = [](const auto& field) {
    return field.second.find('$') != std::string::npos;
  };
  if (std::any_of(mount.fields.begin(), mount.fields.end(), has_variable)) return;
  resolve_mount(mount, [](std::string_view value) {
    auto expansion = expand_word(value, [](std::string_view) { return std::nullopt; });
    if (expansion.error) fail(std::move(*expansion.error));
    return std::move(expansion.text);
  });
}

Mount split_mount(const Word& value) {
  const auto texts = csv_fields(value.text);
  if (!texts) fail("misplaced quotes in a mount");
  Mount mount{{}, value.span};
  for (const auto& text : *texts) {
    auto [name, field] = split_field(text);
    if (!field && !may_lack_value(name)) {
      throw Error(Errc::input, fmt::format("'{}' in a mount has no value", printable(text)))
          .with_hint("write name=value");
    }
    // A dollar sign at the very end is no variable.
    const std::size_t dollar = field ? field->find('$') : std::string::npos;
    if (name == "from" && dollar != std::string::npos && dollar + 1 < field->size()) {
      throw Error(Errc::input, "variables do not expand in 'from' of a mount")
          .with_hint("name a stage instead: FROM ${variable} AS <name>, and from=<name>");
    }
    mount.fields.emplace_back(std::move(name), std::move(field).value_or("true"));
  }
  return mount;
}

}  // namespace

MountOptions resolve_mount(const Mount& mount,
                           const std::function<std::string(std::string_view)>& expand) {
  MountReader reader;
  for (const auto& [name, value] : mount.fields) reader.set(name, expand(value));
  return reader.finish();
}

std::optional<Mount> read_mount(const Word& value, Reporter& report) {
  try {
    Mount mount = split_mount(value);
    check_now(mount);
    return mount;
  } catch (const Error& error) {
    report.error_at(value.span, error.what(), error.hint());
    return std::nullopt;
  }
}

Device parse_device(std::string_view value) {
  const auto fields = csv_fields(value);
  if (!fields) fail("misplaced quotes in a device");
  Device device;
  for (const auto& text : *fields) {
    const auto [name, field] = split_field(text);
    if (name == "required") {
      device.required = parse_bool(name, field.value_or("true"));
    } else if (name == "name" && field && device.name.empty()) {
      device.name = *field;
    } else if (device.name.empty()) {
      device.name = text;
    } else {
      fail(fmt::format("unexpected '{}' in a device", printable(text)));
    }
  }
  return device;
}

}  // namespace slipway::dockerfile
