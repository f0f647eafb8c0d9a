#include "gate/rule.hpp"

#include <optional>

#include "base/rule_table.hpp"

namespace slipway::gate {

// What would not run elsewhere, or gives away where it was built, is an error.
// What every toolchain does unless it is told otherwise is off: a warning that
// each program gives is read by nobody.
const std::vector<Rule>& rules() {
  static const std::vector<Rule> table = {
      {.name = "march-native",
       .level = Level::error,
       .page =
           {"A target is compiled for the processor of the machine that builds it.",
            "On another processor the program dies of an illegal instruction.",
            "-march=native or -mcpu=native among the compile options of a target of the image, or of a static "
            "library of the project that it links. What a single source file sets for itself is passed over.",
            "Name what the image is for: -march=x86-64-v2, with PLATFORM linux/amd64/v2."}},
      {.name = "isa-level",
       .level = Level::error,
       .page =
           {"A program or library needs a newer processor than the image's platform says.",
            "Where the platform is all that a scheduler knows, it starts on a processor that lacks the instructions.",
            "The note of the level that a file needs (GNU_PROPERTY_X86_ISA_1_NEEDED, as -mneeded and "
            "-Wl,-z,x86-64-v3 write it), and -march of the compile options: levels and processors of x86-64, "
            "versions of AArch64. Libraries below glibc-hwcaps are for those processors alone, and right. "
            "Instructions are not looked at: nothing is seen of a library that was compiled elsewhere without the note "
            "(compilers write it on demand alone), of options of single source files, and of assembly. The note of what "
            "is used (GNU_PROPERTY_X86_ISA_1_USED) is passed over, as it counts code that runs only where the "
            "processor has been asked.",
            "Give the image a PLATFORM with a variant (linux/amd64/v3), or compile for less."}},
      {.name = "build-path-rpath",
       .level = Level::error,
       .page =
           {"The path in which libraries are searched leads into the build or source tree.",
            "The image has no such folder: either the program does not find its libraries, or whoever can make that "
            "folder decides what it loads.",
            "Elements of DT_RPATH and DT_RUNPATH in the trees that the build names, and those in /home, /root, /tmp "
            "or /builds that the image does not have.",
            "Install the target (install() takes the build tree's paths out), or set INSTALL_RPATH or "
            "BUILD_RPATH_USE_ORIGIN."}},
      {.name = "build-path-strings",
       .level = Level::warning,
       .page =
           {"A program or library holds paths of the build or source tree.",
            "They tell of the machine that built it, and the same source gives other bytes elsewhere.",
            "Texts among what is loaded of the file, so not its debug information. It needs to know the trees: "
            "builds by CMake name them, and --build-path does.",
            "Compile with -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. (__FILE__ and assert() are the usual source)."}},
      {.name = "executable-stack",
       .level = Level::error,
       .page =
           {"A program or library asks for a stack that can be executed.",
            "It makes most overflows exploitable. Hardened kernels, and newer C libraries for what is loaded later, "
            "refuse it.",
            "PT_GNU_STACK with the right to execute.",
            "It mostly comes of assembler without a .note.GNU-stack section, or of GCC's nested functions: add "
            "the section, or link with -Wl,-z,noexecstack."}},
      {.name = "no-pie",
       .level = Level::warning,
       .page =
           {"A program can be loaded at one address only.",
            "Address space randomisation does not protect its code.",
            "The type ET_EXEC, of static programs as well.",
            "set(CMAKE_POSITION_INDEPENDENT_CODE ON) with check_pie_supported(); -static-pie for static ones."}},
      {.name = "no-relro",
       .level = Level::warning,
       .page = {"The tables by which a program calls its libraries stay writable.",
                "An overflow can change where a call goes.",
                "No segment PT_GNU_RELRO in a dynamic program or library.",
                "Link with -Wl,-z,relro,-z,now."}},
      {.name = "partial-relro",
       .level = Level::off,
       .page =
           {"The table of functions that are bound late stays writable.",
            "An overflow can change where a call goes. It is what most toolchains do unless told otherwise.",
            "A segment PT_GNU_RELRO, functions to bind, and neither DF_BIND_NOW nor DF_1_NOW.",
            "Link with -Wl,-z,now."}},
      {.name = "no-stack-protector",
       .level = Level::off,
       .page =
           {"Functions with buffers on the stack do not notice that those overflow.",
            "An overflow can change where a function returns to. It is what many toolchains do unless told otherwise.",
            "A dynamic program or library that does not import __stack_chk_fail, though it calls what is given the address "
            "of a variable: the scanf() family, the making of a std::string. Without such calls nothing "
            "is said.",
            "Compile with -fstack-protector-strong."}},
      {.name = "sanitizer-runtime",
       .level = Level::warning,
       .page =
           {"A program or library is instrumented by a sanitizer.",
            "It takes many times the memory and time, and prints its environment and memory when it fails. In images "
            "of CMake's release configurations it is an error.",
            "A needed libasan, libtsan, libubsan, liblsan, libhwasan or libclang_rt, or functions of theirs.",
            "Build the image from a configuration without -fsanitize."}},
      {.name = "setuid-file",
       .level = Level::warning,
       .page =
           {"A file runs with the rights of its owner or group, whoever starts it.",
            "A mistake in it makes any user of the container root.",
            "Regular files with the set-user-ID or set-group-ID bit.",
            "Take the bit off (COPY --chmod=0755), or give the program the one capability that it needs."}},
      {.name = "world-writable-path",
       .level = Level::warning,
       .page =
           {"Anybody may change a file, or put files into a directory.",
            "Another user of the container decides what the program reads or runs.",
            "Files and directories with write permission for others; directories with the sticky bit, as /tmp, "
            "are passed over.",
            "Give it to the user that writes to it (COPY --chown)."}},
      {.name = "shell-added",
       .level = Level::warning,
       .page = {"The image brings a shell, and what it stands on has none.",
                "Who breaks into the program finds a tool for the next step.",
                "sh, bash, dash, ash, ksh, zsh, fish, busybox or toybox in a folder bin or sbin.",
                "Leave it out; ENTRYPOINT and HEALTHCHECK CMD of JSON words need none."}},
      {.name = "package-manager-added",
       .level = Level::warning,
       .page =
           {"The image brings a package manager, and what it stands on has none.",
            "Who breaks into the program can install what they need.",
            "apt, apt-get, dpkg, apk, yum, dnf, microdnf, rpm, zypper, pacman, opkg or emerge in a folder bin or sbin.",
            "Copy what was installed out of a stage of its own."}},
  };
  return table;
}

const Rule* find_rule(std::string_view name) { return find_by_name(rules(), name); }

void read_level(std::string_view text, std::string_view option, Levels& levels) {
  if (text == "default") return;
  auto names = names_of(rules());
  names.emplace_back("all");
  const auto find = [](std::string_view name) {
    const bool is_known = name == "all" || find_rule(name) != nullptr;
    return is_known ? std::optional(std::string(name)) : std::nullopt;
  };
  const auto given = parse_rule_level(
      text, {std::string(option), find, std::move(names), "'slipway help gate' lists them"});
  if (given.name != "all") {
    levels[given.name] = given.level;
    return;
  }
  for (const auto& rule : rules()) levels[std::string(rule.name)] = given.level;
}

}  // namespace slipway::gate
