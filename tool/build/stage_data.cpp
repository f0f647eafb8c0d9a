// Files that programs read without naming them to a linker: certificates, time
// zones, locales; taken from where the system at hand has them.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "build/staging.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

struct Link {
  const char* path;
  const char* target;
};

constexpr const char* bundle = "etc/ssl/certs/ca-certificates.crt";

// Debian, Fedora, SUSE, Alpine.
constexpr std::array<const char*, 4> bundles = {bundle, "etc/pki/tls/certs/ca-bundle.crt",
                                                "var/lib/ca-certificates/ca-bundle.pem",
                                                "etc/ssl/cert.pem"};

// Where the TLS libraries of these were told to look.
constexpr std::array<Link, 4> bundle_links = {
    {{"etc/ssl/cert.pem", "certs/ca-certificates.crt"},
     {"etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"},
     {"usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"},
     {"usr/lib/ssl/certs", "/etc/ssl/certs"}}};

/// A locale's name as directories have it: the codeset without punctuation, in
/// small letters ("de_DE.UTF-8" -> "de_DE.utf8").
std::string directory_name(std::string_view locale) {
  const auto dot = locale.find('.');
  if (dot == std::string_view::npos) return std::string(locale);
  const auto end = std::min(locale.find('@', dot), locale.size());
  std::string codeset;
  for (const char c : locale.substr(dot + 1, end - dot - 1)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      codeset += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return fmt::format("{}.{}{}", locale.substr(0, dot), codeset, locale.substr(end));
}

class DataStager {
 public:
  DataStager(const DataStage& stage, fs::path scratch)
      : stage_(stage), scratch_(std::move(scratch)) {}

  StagedTree collect(std::set<fs::path>& read) {
    for (const auto& word : stage_.data) add(word);
    read.merge(read_);
    return std::move(tree_);
  }

 private:
  void add(const std::string& word) {
    constexpr std::string_view locale = "locale:";
    if (word == "ca-certificates") return add_certificates();
    if (word == "tzdata") return add_time_zones();
    if (word.starts_with(locale) && word.size() > locale.size())
      return add_locale(word.substr(locale.size()));
    throw Error(Errc::usage, fmt::format("no runtime data '{}'", printable(word)))
        .with_hint("there are ca-certificates, tzdata and locale:<name>");
  }

  /// Links followed: the file alone, wherever the system keeps it.
  void add_file(const std::string& path, const fs::path& source) {
    struct stat status = {};
    if (::stat(source.c_str(), &status) != 0)
      throw Error::from_errno(errno, fmt::format("read '{}'", printable(source.native())));
    tree_.add_file(path, source, status, StagedModes::normalised);
    read_.insert(source);
  }

  void add_certificates() {
    for (const auto* path : bundles) {
      const auto source = stage_.sysroot / path;
      std::error_code error;
      if (!fs::exists(source, error)) continue;
      add_file(bundle, source);
      for (const auto& [link, target] : bundle_links) tree_.add_symlink(link, target);
      return;
    }
    missing("ca-certificates", stage_.sysroot / bundle, "install ca-certificates");
  }

  void add_time_zones() {
    const auto source = stage_.sysroot / "usr/share/zoneinfo";
    if (!lstat_file(source)) missing("tzdata", source, "install tzdata");
    // Copies of all zones by other rules for leap seconds, and the machine's own choice.
    const auto leave_out = [](const std::string& path, const fs::path&, const struct stat&) {
      return path == "usr/share/zoneinfo/right" || path == "usr/share/zoneinfo/posix" ||
             path == "usr/share/zoneinfo/localtime";
    };
    tree_.add_contents("usr/share/zoneinfo", source, StagedModes::normalised, read_, leave_out);
    tree_.add_symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC");
  }

  void add_locale(const std::string& name) {
    if (name.find('/') != std::string::npos || name.starts_with('.'))
      throw Error(Errc::usage, fmt::format("'{}' is no name of a locale", printable(name)));
    const auto path = "usr/lib/locale/" + directory_name(name);
    const auto source = stage_.sysroot / path;
    if (lstat_file(source)) return tree_.add_contents(path, source, StagedModes::normalised, read_);
    const auto compiled = compile_locale(name);
    std::set<fs::path> of_scratch;
    tree_.add_contents(path, compiled, StagedModes::normalised, of_scratch);
  }

  /// From its sources, by the C library's own compiler: most systems keep compiled
  /// locales in one archive, or not at all.
  fs::path compile_locale(const std::string& name) {
    const auto dot = std::min(name.find('.'), name.size());
    const auto at = std::min(name.find('@', dot), name.size());
    const auto input = name.substr(0, dot) + name.substr(at);
    const auto charmap = dot < name.size() ? name.substr(dot + 1, at - dot - 1) : "UTF-8";
    const auto sources = stage_.sysroot / "usr/share/i18n";
    if (!lstat_file(sources / "locales" / input))
      missing("locale:" + name, sources / "locales" / input, "install locales");
    read_.insert(sources / "locales" / input);
    auto compiled = scratch_ / directory_name(name);
    const auto result = run_captured(
        {.argv = {"localedef", "--no-archive", "-c", "-i", input, "-f", charmap, compiled},
         .environment = {{"I18NPATH", sources.native()}}});
    if (lstat_file(compiled)) return compiled;
    throw Error(Errc::command,
                fmt::format("compile locale '{}': localedef exited with status {}\n{}",
                            printable(name), result.status, trim(result.output)));
  }

  [[noreturn]] static void missing(const std::string& what, const fs::path& file,
                                   const char* hint) {
    throw Error(Errc::input, fmt::format("runtime data '{}': there is no '{}'", printable(what),
                                         printable(file.native())))
        .with_hint(hint);
  }

  const DataStage& stage_;
  fs::path scratch_;
  StagedTree tree_;
  std::set<fs::path> read_;
};

}  // namespace

void stage_data(const DataStage& stage) {
  Staging staging(stage.output);
  std::set<fs::path> read;
  auto tree = DataStager(stage, staging.scratch()).collect(read);
  staging.publish(std::move(tree), std::move(read));
}

}  // namespace slipway
