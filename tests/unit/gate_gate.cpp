#include "gate/gate.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "support/small_elf.hpp"

namespace slipway::gate {
namespace {

/// "rule subject", "error rule subject" for errors.
std::vector<std::string> found(const Subject& subject, const Levels& levels = {}) {
  std::vector<std::string> lines;
  elf::Files files;
  for (const auto& finding : check(subject, levels, files)) {
    const auto* const prefix = finding.severity == Severity::error ? "error " : "";
    lines.push_back(prefix + std::string(finding.rule->name) + ' ' + finding.subject);
  }
  return lines;
}

using Lines = std::vector<std::string>;

Entry entry(const char* path, std::uint32_t mode, EntryType type = EntryType::file) {
  return {.path = path, .type = type, .mode = mode};
}

View view_of(const std::vector<std::vector<Entry>>& layers) {
  View view;
  for (const auto& entries : layers) view.apply({entries});
  return view;
}

Lines of_flags(const std::string& flags, const std::string& platform) {
  const View nothing;
  Subject subject{nothing, nothing, 0, Platform::parse(platform)};
  subject.flags = parse_target_flags("app\t" + flags);
  return found(subject);
}

}  // namespace

TEST_CASE("every rule has a page and a name of its own", "[gate]") {
  std::set<std::string_view> names;
  for (const auto& rule : rules()) {
    CAPTURE(std::string(rule.name));
    CHECK(names.insert(rule.name).second);
    CHECK(find_rule(rule.name) == &rule);
    for (const auto text : {rule.page.what, rule.page.why, rule.page.evidence, rule.page.remedy})
      CHECK(text.ends_with('.'));
  }
  CHECK(find_rule("all") == nullptr);
}

TEST_CASE("the last level of a rule counts, and all is every rule", "[gate]") {
  Levels levels;
  read_level("no-pie=error", "--rule", levels);
  read_level("all=off", "--rule", levels);
  read_level("setuid-file=warn", "--rule", levels);
  read_level("default", "--rule", levels);
  CHECK(levels.size() == rules().size());
  CHECK(levels.at("no-pie") == Level::off);
  CHECK(levels.at("setuid-file") == Level::warning);
  for (const auto* text : {"", "no-pie", "no-pie=", "no-pie=warning", "nopie=off", "default=off"})
    CHECK_THROWS_AS(read_level(text, "--rule", levels), Error);
}

TEST_CASE("only what the image adds is judged", "[gate]") {
  const std::vector<Entry> below = {entry("su", 04755), entry("open", 0666)};
  const std::vector<Entry> above = {entry("usr", 0777, EntryType::directory),
                                    entry("tmp", 01777, EntryType::directory), entry("open", 0646),
                                    entry("link", 0777, EntryType::symlink)};
  const auto base = view_of({below});
  const auto view = view_of({below, above});
  CHECK(found({view, base, 1, Platform::host()}) ==
        Lines{"world-writable-path /open", "world-writable-path /usr"});
  const View nothing;
  CHECK(found({view, nothing, 0, Platform::host()}, {{"setuid-file", Level::error}}) ==
        Lines{"error setuid-file /su", "world-writable-path /open", "world-writable-path /usr"});
}

TEST_CASE("a shell counts where the base has none", "[gate]") {
  const std::vector<Entry> shell = {entry("usr/bin/dash", 0755),
                                    entry("bin/sh", 0777, EntryType::symlink),
                                    entry("usr/share/bash", 0644)};
  const auto base = view_of({shell});
  const auto view = view_of({shell, shell});
  const View nothing;
  CHECK(found({view, base, 1, Platform::host()}).empty());
  CHECK(found({base, nothing, 0, Platform::host()}) == Lines{"shell-added /bin/sh"});
}

TEST_CASE("compile options beyond the platform", "[gate]") {
  CHECK(of_flags("-O2 -march=native", "linux/amd64/v4") == Lines{"error march-native app"});
  CHECK(of_flags("-O2;-mcpu=native", "linux/arm64") == Lines{"error march-native app"});
  CHECK(of_flags("-mtune=native", "linux/amd64").empty());
  CHECK(of_flags("-march=native -march=x86-64", "linux/amd64").empty());
  CHECK(of_flags("-march=x86-64-v3", "linux/amd64") == Lines{"error isa-level app"});
  CHECK(of_flags("-march=x86-64-v3", "linux/amd64/v3").empty());
  CHECK(of_flags("-march=znver4", "linux/amd64/v3") == Lines{"error isa-level app"});
  CHECK(of_flags("-march=somethingelse", "linux/amd64").empty());
  CHECK(of_flags("-march=armv8-a+crc", "linux/arm64").empty());
  CHECK(of_flags("-march=armv8.2-a+fp16", "linux/arm64") == Lines{"error isa-level app"});
  CHECK(of_flags("-march=armv8.2-a", "linux/arm64/v8.2").empty());
  CHECK(of_flags("-march=haswell", "linux/s390x").empty());
  CHECK_THROWS_AS(parse_target_flags("app -O2\n"), Error);
}

TEST_CASE("paths into a build tree", "[gate][elf]") {
  const TempDir directory(std::filesystem::temp_directory_path(), "gate-");
  const auto file = directory.path() / "app";
  const auto view =
      view_of({{entry("app", 0755), entry("home/app/lib", 0755, EntryType::directory)}});
  const View nothing;
  const auto with = [&](const std::string& runpath, std::vector<std::string> trees) {
    test::write_elf(file, {.runpath = runpath});
    Subject subject{view, nothing, 0, Platform::parse("linux/amd64")};
    subject.elf_files = {{"app", file}};
    subject.build_paths = std::move(trees);
    return found(subject, {{"no-relro", Level::off}});
  };
  CHECK(with("$ORIGIN/../lib", {"/b"}).empty());
  CHECK(with("/b/lib", {"/b"}) == Lines{"error build-path-rpath /app"});
  CHECK(with("/b/lib", {"/b/"}) == Lines{"error build-path-rpath /app"});
  CHECK(with("/build/lib", {"/b", "/"}).empty());
  CHECK(with("/home/me/lib", {}) == Lines{"error build-path-rpath /app"});
  CHECK(with("/home/app/lib", {}).empty());
}

}  // namespace slipway::gate
