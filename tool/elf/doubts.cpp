#include "elf/doubts.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include "base/text.hpp"
#include "elf/file.hpp"
#include "elf/search.hpp"
#include "elf/symbols.hpp"

namespace slipway::elf {
namespace {

using Names = std::set<std::string, std::less<>>;

// Where TLS libraries and programs of the distributions look, see Go's
// crypto/x509 (root_linux.go) for the same list.
constexpr std::array<std::string_view, 6> certificate_files = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/lib/ssl/cert.pem"};

// What a client calls that trusts the system's authorities; a server does not.
constexpr std::array<std::string_view, 6> trusting = {"SSL_CTX_set_default_verify_paths",
                                                      "SSL_CTX_set_default_verify_file",
                                                      "SSL_CTX_set_default_verify_dir",
                                                      "curl_easy_perform",
                                                      "curl_multi_perform",
                                                      "gnutls_certificate_set_x509_system_trust"};

constexpr std::array<std::string_view, 8> host_lookups = {
    "getaddrinfo",   "gethostbyname",   "gethostbyname2",   "gethostbyname_r",
    "gethostbyaddr", "gethostbyaddr_r", "gethostbyname2_r", "getnameinfo"};
constexpr std::array<std::string_view, 6> user_lookups = {
    "getpwnam", "getpwnam_r", "getgrnam", "getgrnam_r", "initgroups", "getgrouplist"};

/// What a daemon does with the user that it has looked up; others do without one.
constexpr std::array<std::string_view, 6> user_changes = {"setuid",    "setreuid",   "setresuid",
                                                          "setgroups", "initgroups", "setresgid"};

constexpr std::array<std::string_view, 6> locale_setters = {
    "setlocale",
    "newlocale",
    "_ZNSt6localeC1EPKc",
    "_ZNSt6localeC2EPKc",
    "_ZNSt6localeC1ERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
    "_ZNSt6localeC2ERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"};

constexpr std::array<std::string_view, 6> local_times = {"localtime", "localtime_r", "tzset",
                                                         "mktime",    "strftime",    "strftime_l"};

// Of those that glibc does not have built in (iconv/gconv_builtin.h).
constexpr std::array<std::string_view, 12> charset_beginnings = {
    "ISO-8859-", "ISO8859-", "LATIN1",  "CP125", "WINDOWS-125", "SHIFT_JIS",
    "SJIS",      "EUC-",     "GB18030", "BIG5",  "KOI8-",       "ISO-2022-"};

/// Libraries that call everything for whoever asks them to.
bool is_go_between(std::string_view name) {
  constexpr std::array<std::string_view, 12> beginnings = {
      "libstdc++.so",   "libgcc_s.so",   "libc++.so",      "libc++abi.so",
      "libglib-2.0.so", "libgio-2.0.so", "libcrypto.so",   "libssl.so",
      "libunwind.so",   "libnss_",       "libgmodule-2.0", "libsystemd.so"};
  return is_c_library(name) || std::ranges::any_of(beginnings, [&](auto beginning) {
           return name.starts_with(beginning);
         });
}

/// "libfoo.so.2" and "/usr/lib/libfoo.so.2.1"; names without a version are for developers.
bool is_library_name(std::string_view text) {
  if (!text.starts_with("lib") && !text.starts_with('/')) return false;
  const auto name = text.substr(text.rfind('/') + 1);
  if (!name.starts_with("lib")) return false;
  const auto so = name.find(".so.");
  if (so == std::string_view::npos || so + 4 == name.size()) return false;
  const auto is_of_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '_' ||
           c == '.';
  };
  const auto is_of_version = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return std::ranges::all_of(name.substr(0, so), is_of_name) &&
         std::ranges::all_of(name.substr(so + 4), is_of_version);
}

/// "de_DE.UTF-8": with its character set, since "de_DE" alone is more often a word.
bool is_locale_name(std::string_view text) {
  if (text == "C.UTF-8" || text == "C.utf8") return true;
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() < 9 || text.size() > 24 || text[2] != '_' || text[5] != '.') return false;
  return is_lower(text[0]) && is_lower(text[1]) && is_upper(text[3]) && is_upper(text[4]) &&
         std::ranges::all_of(text.substr(6), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '@';
         });
}

bool is_charset_name(std::string_view text) {
  return text.size() < 32 && std::ranges::any_of(charset_beginnings, [&](auto beginning) {
           return text.size() >= beginning.size() &&
                  ::strncasecmp(text.data(), beginning.data(), beginning.size()) == 0;
         });
}

/// As glibc names the folder of a locale: "de_DE.utf8".
std::string folder_of_locale(std::string_view name) {
  const auto dot = name.find('.');
  std::string folder(name.substr(0, dot + 1));
  for (const char c : name.substr(dot + 1)) {
    if (c != '-') folder += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return folder;
}

/// What one file calls and holds. Names are views of the file's symbols.
struct Evidence {
  std::unordered_set<std::string_view> imports = {};
  Names libraries = {};
  std::string charset = {};
  std::string provider = {};
  std::string locale = {};
  std::string certificates = {};
  bool names_zones = false;
  bool is_musl = false;

  template <std::size_t Size>
  std::string_view calls(const std::array<std::string_view, Size>& functions) const {
    const auto found = std::ranges::find_if(functions, [&](auto name) { return calls(name); });
    return found == functions.end() ? std::string_view() : *found;
  }
  bool calls(std::string_view function) const { return imports.contains(function); }

  bool opens_libraries() const { return calls("dlopen") || calls("dlmopen"); }
  bool loads_providers() const {
    return calls("OSSL_PROVIDER_load") || calls("OSSL_PROVIDER_try_load");
  }
};

/// Takes from a file's texts what is a name beside what it calls.
class TextReader {
 public:
  TextReader(const ElfFile& file, Evidence& evidence)
      : file_(file),
        evidence_(evidence),
        is_program_(!file.interpreter().empty() || !file.is_dynamic()),
        wants_libraries_(evidence.opens_libraries()),
        // What libraries hold is for programs of all kinds.
        wants_charset_(is_program_ && evidence.calls("iconv_open")),
        wants_provider_(evidence.loads_providers()),
        wants_locale_(!evidence.calls(locale_setters).empty()),
        // A C library that is linked in holds the path whoever calls it.
        wants_zones_(!file.interpreter().empty()) {}

  void read() {
    if (is_program_ || wants_libraries_ || wants_provider_ || wants_locale_)
      file_.for_each_string([this](std::string_view text) { read(text); });
  }

 private:
  void read(std::string_view text) {
    if (wants_libraries_ && is_library_name(text)) evidence_.libraries.emplace(text);
    if (wants_charset_ && evidence_.charset.empty() && is_charset_name(text))
      evidence_.charset = text;
    if (wants_provider_ && (text == "legacy" || text == "fips")) evidence_.provider = text;
    if (wants_locale_ && evidence_.locale.empty() && is_locale_name(text)) evidence_.locale = text;
    if (!text.starts_with('/')) return;
    if (wants_zones_ && text.starts_with("/usr/share/zoneinfo")) evidence_.names_zones = true;
    if (std::ranges::find(certificate_files, text) != certificate_files.end())
      evidence_.certificates = text;
  }

  const ElfFile& file_;
  Evidence& evidence_;
  bool is_program_;
  bool wants_libraries_;
  bool wants_charset_;
  bool wants_provider_;
  bool wants_locale_;
  bool wants_zones_;
};

/// nullopt: it is no program or library whose word counts.
std::optional<Evidence> read_evidence(const DoubtOptions::File& from,
                                      std::optional<std::uint16_t> machine, Files& files) {
  const auto file = ElfFile::open(from.bytes);
  if (!file || (file->type() != ET_EXEC && file->type() != ET_DYN)) return std::nullopt;
  if (file->machine() != machine.value_or(file->machine())) return std::nullopt;
  Evidence evidence;
  for (const auto& reference : files.symbols(from.bytes).undefined())
    evidence.imports.insert(reference.name);
  evidence.is_musl = file->interpreter().find("ld-musl-") != std::string::npos;
  TextReader(*file, evidence).read();
  return evidence;
}

class DoubtFinder {
 public:
  DoubtFinder(const DoubtOptions& options, Files& files) : options_(options), read_(files) {
    for (const auto& file : options.files) {
      const auto name = file.path.substr(file.path.rfind('/') + 1);
      names_.insert(name);
      if (name == "libc.so.6") c_library_ = files.symbols(file.bytes).defined_versions();
      if (file.path.find("/gconv/") != std::string::npos) has_converters_ = true;
    }
  }

  std::vector<Problem> run() {
    for (const auto& file : options_.files) {
      if (!file.is_judged || is_go_between(file.path.substr(file.path.rfind('/') + 1))) continue;
      if (file.path.find("/gconv/") != std::string::npos) continue;
      const auto evidence = read_evidence(file, options_.machine, read_);
      if (!evidence) continue;
      file_ = &file.path;
      check_libraries(*evidence);
      check_certificates(*evidence);
      check_zones(*evidence);
      if (evidence->is_musl || c_library_.empty()) continue;
      check_name_services(*evidence);
      check_charsets(*evidence);
      check_providers(*evidence);
      check_locale(*evidence);
    }
    for (const auto& [ignored, told] : told_) {
      const auto& [index, count] = told;
      if (count == 1) continue;
      problems_[index].message +=
          fmt::format(" (and {} more file{})", count - 1, count == 2 ? "" : "s");
    }
    return std::move(problems_);
  }

 private:
  bool has_library(std::string_view name) const {
    return names_.contains(name.substr(name.rfind('/') + 1)) ||
           (name.starts_with('/') && options_.exists(std::string(name)));
  }

  /// Has the image's glibc a version, as "GLIBC_2.34"?
  bool has_version(std::string_view version) const {
    return std::ranges::find(c_library_, version) != c_library_.end();
  }

  std::string_view variable(std::string_view name) const {
    for (const std::string_view entry : options_.environment) {
      if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
        return entry.substr(name.size() + 1);
    }
    return {};
  }

  void add(Problem::Kind kind, std::string needs, std::string message, std::string hint) {
    const auto [known, is_new] = told_.try_emplace({kind, needs});
    known->second.second += 1;
    if (!is_new) return;
    known->second.first = problems_.size();
    problems_.push_back({.kind = kind,
                         .file = *file_,
                         .needs = std::move(needs),
                         .message = std::move(message),
                         .hint = std::move(hint)});
  }

  void check_libraries(const Evidence& evidence) {
    // Who tries several versions of a library is content with one.
    std::map<std::string_view, std::string_view> missing;
    Names found;
    for (const auto& name : evidence.libraries) {
      if (is_c_library(name)) continue;
      const auto stem = std::string_view(name).substr(0, name.find(".so."));
      if (has_library(name)) found.emplace(stem);
      missing.emplace(stem, name);
    }
    for (const auto& [stem, name] : missing) {
      if (found.contains(stem)) continue;
      add(Problem::Kind::opened_library, std::string(name),
          fmt::format("calls dlopen() and holds the name '{}', which the image does not have",
                      printable(name)),
          "put the library in if the program opens it (closures follow DT_NEEDED alone)");
    }
    const bool ends_threads = evidence.calls("pthread_exit") || evidence.calls("pthread_cancel");
    if (!ends_threads || evidence.is_musl || c_library_.empty() || has_library("libgcc_s.so.1"))
      return;
    add(Problem::Kind::opened_library, "libgcc_s.so.1",
        fmt::format("calls {}(), for which the C library opens libgcc_s.so.1, which the image does "
                    "not have",
                    evidence.calls("pthread_exit") ? "pthread_exit" : "pthread_cancel"),
        "put libgcc_s.so.1 in: without it the program is aborted there");
  }

  void check_certificates(const Evidence& evidence) {
    if (std::ranges::any_of(certificate_files,
                            [&](auto path) { return options_.exists(std::string(path)); }))
      return;
    for (const auto* name : {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"}) {
      if (!variable(name).empty()) return;
    }
    const auto called = evidence.calls(trusting);
    if (called.empty() && evidence.certificates.empty()) return;
    add(Problem::Kind::certificates, "/etc/ssl/certs/ca-certificates.crt",
        called.empty() ? fmt::format("holds the path '{}', and the image has no CA certificates",
                                     evidence.certificates)
                       : fmt::format("calls {}(), and the image has no CA certificates", called),
        "put in /etc/ssl/certs/ca-certificates.crt and name it in SSL_CERT_FILE, or no TLS connection will be trusted");
  }

  void check_zones(const Evidence& evidence) {
    const std::string zone(variable("TZ"));
    const auto zone_file = fmt::format("/usr/share/zoneinfo/{}", zone);
    const auto called = evidence.calls(local_times);
    if (zone.find('/') != std::string::npos && !zone.starts_with('/') && !called.empty() &&
        !options_.exists(zone_file)) {
      add(Problem::Kind::time_zones, zone_file,
          fmt::format("calls {}(), and the image's TZ={} is no file of /usr/share/zoneinfo", called,
                      printable(zone)),
          "put in time zones (tzdata), or its times will be those of UTC");
    } else if (evidence.names_zones && !options_.exists("/usr/share/zoneinfo")) {
      add(Problem::Kind::time_zones, "/usr/share/zoneinfo",
          "holds the path '/usr/share/zoneinfo', which the image does not have",
          "put in time zones (tzdata)");
    }
  }

  void check_name_services(const Evidence& evidence) {
    const auto hosts = evidence.calls(host_lookups);
    const auto users = evidence.calls(user_lookups);
    // From 2.34 on the C library has both within itself.
    if (!has_version("GLIBC_2.34")) {
      const auto* const wanted =
          has_library("libnss_files.so.2") ? "libnss_dns.so.2" : "libnss_files.so.2";
      const auto called = hosts.empty() ? users : hosts;
      const bool is_needed =
          !hosts.empty() || (!users.empty() && !has_library("libnss_files.so.2"));
      if (is_needed && !has_library(wanted)) {
        add(Problem::Kind::name_service, wanted,
            fmt::format(
                "calls {}(), for which this C library opens {}, which the image does not have",
                called, wanted),
            "put the C library's libnss_files.so.2 and libnss_dns.so.2 in");
      }
    }
    const auto change = evidence.calls(user_changes);
    if (users.empty() || change.empty() || options_.exists("/etc/passwd")) return;
    add(Problem::Kind::name_service, "/etc/passwd",
        fmt::format("calls {}() and {}(), and the image has no /etc/passwd", users, change),
        "put in an /etc/passwd and /etc/group with the users that the program looks for");
  }

  void check_charsets(const Evidence& evidence) {
    if (evidence.charset.empty() || has_converters_) return;
    add(Problem::Kind::charset, evidence.charset,
        fmt::format(
            "calls iconv_open() and holds the name '{}', and the image has no gconv modules",
            printable(evidence.charset)),
        "put in the C library's folder gconv: without it there are UTF and ASCII alone");
  }

  void check_providers(const Evidence& evidence) {
    if (evidence.provider.empty()) return;
    const auto file = fmt::format("{}.so", evidence.provider);
    if (has_library(file)) return;
    add(Problem::Kind::crypto_provider, file,
        fmt::format("calls OSSL_PROVIDER_load() and holds the name '{}', and the image has no {}",
                    evidence.provider, file),
        "put in OpenSSL's folder ossl-modules");
  }

  void check_locale(const Evidence& evidence) {
    const auto called = evidence.calls(locale_setters);
    if (called.empty() || options_.exists("/usr/lib/locale/locale-archive")) return;
    auto name = evidence.locale;
    std::string source = fmt::format("holds the name '{}'", printable(name));
    for (const auto* key : {"LC_ALL", "LANG"}) {
      const std::string value(variable(key));
      if (!name.empty() || !is_locale_name(value)) continue;
      name = value;
      source = fmt::format("its ENV has {}={}", key, value);
    }
    const auto folder = folder_of_locale(name);
    if (name.empty() || (folder == "C.utf8" && has_version("GLIBC_2.35"))) return;
    for (const auto& place : {folder, name}) {
      if (options_.exists(fmt::format("/usr/lib/locale/{}", place))) return;
    }
    add(Problem::Kind::locale, name,
        fmt::format("calls {}() and {}, and the image has no such locale",
                    called.starts_with("_Z") ? "std::locale" : called, source),
        "put in /usr/lib/locale (locale-archive or the folder), or use C.UTF-8");
  }

  const DoubtOptions& options_;
  Files& read_;
  Names names_ = {};                         ///< of the image's files
  std::vector<std::string> c_library_ = {};  ///< versions of its glibc; empty: it has none
  bool has_converters_ = false;
  const std::string* file_ = nullptr;
  /// What was told of: of one need the first file stands for all.
  std::map<std::pair<Problem::Kind, std::string>, std::pair<std::size_t, std::size_t>> told_ = {};
  std::vector<Problem> problems_ = {};
};

}  // namespace

std::vector<Problem> find_doubts(const DoubtOptions& options, Files& files) {
  return DoubtFinder(options, files).run();
}

}  // namespace slipway::elf
