#include "dockerfile/git_ref.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway::dockerfile {
namespace {

using Query = std::map<std::string, std::vector<std::string>>;

[[noreturn]] void refuse_git(std::string why) {
  throw Error(Errc::input, "read the name of a git repository: " + std::move(why));
}

/// The parts of a URL, or of "user@host:path", as they are needed here.
struct RemoteUrl {
  std::string scheme = {};
  std::string remote = {};  ///< without query and fragment
  std::string query = {};
  std::string fragment = {};
};

RemoteUrl cut_url(std::string scheme, std::string_view text) {
  RemoteUrl url{std::move(scheme)};
  const auto hash = text.find('#');
  if (hash != std::string_view::npos) url.fragment = percent_decoded(text.substr(hash + 1));
  text = text.substr(0, hash);
  const auto question = text.find('?');
  if (question != std::string_view::npos) url.query = text.substr(question + 1);
  url.remote = text.substr(0, question);
  return url;
}

bool is_all(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || others.find(c) != std::string_view::npos;
  });
}

/// "git@host:path": ssh, as scp names it.
bool is_scp_style(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || !is_all(text.substr(0, at), "-_")) return false;
  const auto colon = text.find(':', at);
  return colon != std::string_view::npos && is_all(text.substr(at + 1, colon - at - 1), "-.");
}

std::optional<RemoteUrl> read_url(std::string_view text) {
  constexpr std::array<std::string_view, 4> schemes = {"http", "https", "ssh", "git"};
  const auto end = text.find("://");
  if (end != std::string_view::npos && is_all(text.substr(0, end), "")) {
    auto scheme = to_lower(text.substr(0, end));
    if (std::ranges::find(schemes, scheme) == schemes.end()) return std::nullopt;
    return cut_url(std::move(scheme), text);
  }
  if (is_scp_style(text)) return cut_url("ssh", text);
  return std::nullopt;
}

std::string without_dot_git(std::string_view path) {
  if (path.ends_with(".git")) path.remove_suffix(4);
  return std::string(path.substr(path.rfind('/') + 1));
}

/// "ref:folder".
void read_fragment(const std::string& fragment, GitRef& ref) {
  const auto colon = fragment.find(':');
  ref.ref = fragment.substr(0, colon);
  if (colon == std::string::npos) return;
  for (const auto& part : split(std::string_view(fragment).substr(colon + 1), '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      ref.subdir.erase(std::min(ref.subdir.rfind('/'), ref.subdir.size()));
    } else {
      ref.subdir += (ref.subdir.empty() ? "" : "/") + part;
    }
  }
}

std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decoded(spaced);
}

Query parse_query(const std::string& text) {
  Query query;
  for (const std::string& field : split(text, '&')) {
    if (field.empty()) continue;
    const auto equals = field.find('=');
    auto& values = query[form_decoded(field.substr(0, equals))];
    values.push_back(equals == std::string::npos ? std::string()
                                                 : form_decoded(field.substr(equals + 1)));
  }
  return query;
}

/// As Go's strconv.ParseBool; a name alone means true.
bool read_bool(const std::string& key, const std::string& value) {
  constexpr std::array<std::string_view, 7> yes = {"", "1", "t", "T", "true", "True", "TRUE"};
  constexpr std::array<std::string_view, 6> no = {"0", "f", "F", "false", "False", "FALSE"};
  if (std::ranges::find(yes, value) != yes.end()) return true;
  if (std::ranges::find(no, value) != no.end()) return false;
  refuse_git(fmt::format("invalid {} value: '{}'", key, printable(value)));
}

void set_once(std::string& target, std::string value, std::string_view what) {
  if (!target.empty() && target != value) {
    refuse_git(
        fmt::format("{} conflicts: '{}' and '{}'", what, printable(target), printable(value)));
  }
  target = std::move(value);
}

std::string with_prefix(std::string_view prefix, const std::string& name) {
  return name.starts_with(prefix) ? name : std::string(prefix) + name;
}

void apply_query(const std::string& key, const std::string& value, GitRef& ref) {
  if (key == "ref") return set_once(ref.ref, value, "ref");
  if (key == "subdir") return set_once(ref.subdir, value, "subdir");
  if (key == "checksum" || key == "commit") return set_once(ref.checksum, value, "checksum");
  if (key == "keep-git-dir") {
    ref.keep_git_dir = read_bool(key, value);
  } else if (key == "submodules") {
    ref.submodules = read_bool(key, value);
  } else if (key == "fetch-by-commit") {
    ref.fetch_by_commit = read_bool(key, value);
  } else if (key == "mtime") {
    if (value != "checkout" && value != "commit") {
      refuse_git(fmt::format("invalid mtime value: '{}' (checkout or commit)", printable(value)));
    }
    ref.mtime = value;
  }
}

void read_query(const std::string& text, GitRef& ref) {
  constexpr std::array<std::string_view, 3> flags = {"keep-git-dir", "submodules",
                                                     "fetch-by-commit"};
  constexpr std::array<std::string_view, 7> values = {"ref",      "tag",    "branch", "subdir",
                                                      "checksum", "commit", "mtime"};
  const auto query = parse_query(text);
  for (const auto& [key, given] : query) {
    const bool is_flag = std::ranges::find(flags, key) != flags.end();
    if (!is_flag && std::ranges::find(values, key) == values.end()) {
      refuse_git(fmt::format("unexpected query '{}'", printable(key)));
    }
    if (given.size() > 1) refuse_git(fmt::format("query '{}' has multiple values", key));
    if (!is_flag && given.front().empty()) refuse_git(fmt::format("query '{}' has no value", key));
    apply_query(key, given.front(), ref);
  }
  if (query.contains("tag") && query.contains("branch")) refuse_git("branch conflicts with tag");
  if (const auto tag = query.find("tag"); tag != query.end()) {
    set_once(ref.ref, with_prefix("refs/tags/", tag->second.front()), "ref");
  }
  if (const auto branch = query.find("branch"); branch != query.end()) {
    set_once(ref.ref, with_prefix("refs/heads/", branch->second.front()), "ref");
  }
}

}  // namespace

std::optional<GitRef> parse_git_ref(std::string_view text) {
  constexpr std::string_view github = "github.com/";
  GitRef ref;
  std::optional<RemoteUrl> url;
  if (text.starts_with(github)) {
    ref.indistinguishable_from_local = true;
    url = cut_url("https", text);
  } else {
    url = read_url(text);
    if (!url) return std::nullopt;
    const bool http = url->scheme == "http" || url->scheme == "https";
    if (http && !url->remote.ends_with(".git")) return std::nullopt;
    ref.unencrypted = url->scheme == "http" || url->scheme == "git";
  }
  ref.remote = url->remote;
  ref.short_name = without_dot_git(url->remote);
  read_fragment(url->fragment, ref);
  read_query(url->query, ref);
  return ref;
}

}  // namespace slipway::dockerfile
