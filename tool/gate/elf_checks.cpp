// Rules on programs and libraries.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "elf/file.hpp"
#include "elf/symbols.hpp"
#include "elf/traits.hpp"
#include "gate/findings.hpp"

namespace slipway::gate {
namespace {

/// Places of people and of CI, which are in no image on purpose.
constexpr std::array<std::string_view, 4> homes = {"/home/", "/root/", "/tmp/", "/builds/"};

// Each is given the address of a variable, of its caller's stack but for odd callers,
// and so is what the stack protector (-strong) looks for. The last is how a
// std::string that does not fit its own buffer is made. (Functions that take a buffer
// are not here: those are as often a part of something else.)
constexpr std::array<std::string_view, 13> wants_protection = {
    "sscanf",
    "fscanf",
    "scanf",
    "vsscanf",
    "__isoc99_sscanf",
    "__isoc99_fscanf",
    "__isoc99_scanf",
    "__isoc99_vsscanf",
    "__isoc23_sscanf",
    "__isoc23_fscanf",
    "__isoc23_scanf",
    "__isoc23_vsscanf",
    "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE9_M_createERmm"};

constexpr std::array<std::string_view, 6> sanitizers = {"asan", "tsan",   "ubsan",
                                                        "lsan", "hwasan", "msan"};

bool is_below(std::string_view path, std::string_view tree) {
  while (tree.size() > 1 && tree.ends_with('/')) tree.remove_suffix(1);
  if (tree.size() < 2 || !path.starts_with(tree)) return false;
  return path.size() == tree.size() || path[tree.size()] == '/';
}

bool is_part_of_path(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.' || c == '_' ||
         c == '-';
}

/// Where `text` names a place in the tree, up to its end; a longer path with the same
/// words in it is another.
std::string_view find_path(std::string_view text, std::string_view tree) {
  for (auto at = text.find(tree); at != std::string_view::npos; at = text.find(tree, at + 1)) {
    const auto found = text.substr(at);
    const auto rest = found.substr(tree.size());
    const bool begins = at == 0 || !is_part_of_path(text[at - 1]);
    const bool ends = rest.empty() || rest.front() == '/' || !is_part_of_path(rest.front());
    if (begins && ends) return found.substr(0, found.find_first_of(" :;,\"'\n\t", tree.size()));
  }
  return {};
}

/// The sanitizer of a library's or function's name; empty: it is none's.
std::string_view sanitizer_of(std::string_view name) {
  if (!name.starts_with("lib") && !name.starts_with("__")) return {};
  for (const auto sanitizer : sanitizers) {
    if (name.starts_with(fmt::format("lib{}.so", sanitizer)) ||
        name.starts_with(fmt::format("__{}_", sanitizer)) ||
        name.starts_with(fmt::format("libclang_rt.{}", sanitizer)))
      return sanitizer;
  }
  return {};
}

class ElfCheck {
 public:
  ElfCheck(const Subject& subject, const ElfPath& file, const elf::Traits& traits,
           elf::Files& files, Collector& collector)
      : subject_(subject), file_(file), traits_(traits), files_(files), collector_(collector) {}

  void run() {
    check_level();
    check_run_paths();
    check_hardening();
    if (collector_.wants("build-path-strings")) check_strings();
    if (collector_.wants("no-stack-protector") || collector_.wants("sanitizer-runtime"))
      check_symbols();
  }

 private:
  void add(std::string_view rule, std::string message, std::string hint) {
    collector_.add(rule, file_.path, std::move(message), std::move(hint));
  }

  void check_level() {
    const auto level = subject_.platform.x86_level();
    if (traits_.machine != EM_X86_64 || level == 0 || traits_.x86_level <= level) return;
    if (file_.path.find("/glibc-hwcaps/") != std::string::npos) return;
    add("isa-level",
        fmt::format("needs a processor of the level x86-64-v{}, the image is for {}",
                    traits_.x86_level, subject_.platform.str()),
        fmt::format("compile for less, or give the image the PLATFORM linux/amd64/v{}",
                    traits_.x86_level));
  }

  bool is_in_build_tree(std::string_view path) const {
    const auto& trees = subject_.build_paths;
    if (std::ranges::any_of(trees, [&](const auto& tree) { return is_below(path, tree); }))
      return true;
    const auto begins_path = [&](auto home) { return path.starts_with(home); };
    return std::ranges::any_of(homes, begins_path) &&
           subject_.view.find(clean_path(path)) == nullptr;
  }

  void check_run_paths() {
    for (const auto& element : traits_.run_paths) {
      if (!is_in_build_tree(element)) continue;
      add("build-path-rpath",
          fmt::format("searches its libraries in '{}', which is no folder of the image",
                      printable(element)),
          "install the target, or set INSTALL_RPATH or BUILD_RPATH_USE_ORIGIN");
    }
  }

  void check_hardening() {
    if (traits_.has_executable_stack) {
      add("executable-stack", "has an executable stack",
          "give assembler sources a .note.GNU-stack section, or link with -Wl,-z,noexecstack");
    }
    if (!traits_.is_position_independent) {
      add("no-pie", "can be loaded at one address only",
          traits_.is_dynamic ? "compile and link it as a PIE (POSITION_INDEPENDENT_CODE)"
                             : "link it with -static-pie");
    }
    if (!traits_.is_dynamic) return;
    if (traits_.relro == elf::Traits::Relro::none) {
      add("no-relro", "has no RELRO: its tables of functions and data stay writable",
          "link it with -Wl,-z,relro,-z,now");
    } else if (traits_.relro == elf::Traits::Relro::partial) {
      add("partial-relro", "has only partial RELRO: its table of functions stays writable",
          "link it with -Wl,-z,now");
    }
  }

  void check_strings() {
    if (subject_.build_paths.empty()) return;
    std::string found;
    std::string_view tree_of_it;
    const auto look = [&](std::string_view text) {
      for (const auto& tree : subject_.build_paths) {
        if (!found.empty()) return;
        found = find_path(text, tree);
        tree_of_it = tree;
      }
    };
    elf::ElfFile::open(file_.bytes)->for_each_string(look);
    if (found.empty()) return;
    add("build-path-strings", fmt::format("holds the path '{}'", printable(found)),
        fmt::format("compile with -ffile-prefix-map={}=.", printable(tree_of_it)));
  }

  void check_symbols() {
    std::string_view sanitizer;
    for (const auto& library : traits_.needed) {
      if (sanitizer.empty()) sanitizer = sanitizer_of(library);
    }
    if (!traits_.is_dynamic) return;
    const auto& symbols = files_.symbols(file_.bytes);
    bool is_protected = false;
    std::string_view reason;
    for (const auto& reference : symbols.undefined()) {
      if (sanitizer.empty()) sanitizer = sanitizer_of(reference.name);
      is_protected = is_protected || reference.name == "__stack_chk_fail";
      if (std::ranges::find(wants_protection, reference.name) != wants_protection.end())
        reason = reference.name;
    }
    symbols.for_each_definition([&](std::string_view name) {
      if (sanitizer.empty()) sanitizer = sanitizer_of(name);
    });
    // What the runtimes ask a symbolizer for, if there is one: all that a program
    // shows to the loader when a runtime is linked in.
    const bool is_linked_in =
        elf::ElfFile::open(file_.bytes)->strings().find("__sanitizer_symbolize_code") !=
        std::string_view::npos;
    if (sanitizer.empty() && is_linked_in) sanitizer = "linked in";
    // The runtime itself comes along with what needs it.
    const bool is_runtime = !sanitizer_of(file_.path.substr(file_.path.rfind('/') + 1)).empty();
    if (!sanitizer.empty() && !is_runtime) {
      add("sanitizer-runtime", fmt::format("is instrumented by a sanitizer ({})", sanitizer),
          "build the image without -fsanitize");
    }
    if (is_protected || reason.empty()) return;
    const auto what = reason.starts_with("_ZNS") ? std::string("makes strings")
                                                 : fmt::format("calls {}()", reason);
    add("no-stack-protector", fmt::format("has no stack protector, and {}", what),
        "compile with -fstack-protector-strong");
  }

  const Subject& subject_;
  const ElfPath& file_;
  const elf::Traits& traits_;
  elf::Files& files_;
  Collector& collector_;
};

}  // namespace

void check_elf_files(const Subject& subject, elf::Files& files, Collector& collector) {
  for (const auto& file : subject.elf_files) {
    const auto* node = subject.view.find(file.path);
    if (node == nullptr || node->layer < subject.base_layers) continue;
    const auto traits = elf::read_traits(file.bytes);
    if (!traits || traits->machine != subject.machine.value_or(traits->machine)) continue;
    ElfCheck(subject, file, *traits, files, collector).run();
  }
}

}  // namespace slipway::gate
