#include "build/download.hpp"

#include <fmt/format.h>

#include "base/credentials.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "fetch/fetch.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// What is remembered of a URL, a line each:
///   slipway-download 1
///   <digest> <size>
///   <ETag>
///   <Last-Modified>
///   <the same in seconds, or nothing>
///   <Content-Disposition>
struct Remembered {
  Descriptor blob = {};
  FetchResponse response = {};
};

constexpr std::string_view download_header = "slipway-download 1";

std::string to_text(const Remembered& known) {
  const auto& response = known.response;
  return fmt::format("{}\n{} {}\n{}\n{}\n{}\n{}\n", download_header, known.blob.digest.str(),
                     known.blob.size, response.etag, response.last_modified,
                     response.modified ? std::to_string(*response.modified) : std::string(),
                     response.disposition);
}

/// nullopt for what is damaged, too: it is fetched anew.
std::optional<Remembered> parse_remembered(const std::string& text) {
  const auto lines = split(text, '\n');
  if (lines.size() != 7 || lines[0] != download_header) return std::nullopt;
  const auto space = lines[1].find(' ');
  const auto size =
      space == std::string::npos ? std::nullopt : parse_integer(lines[1].substr(space + 1));
  if (!size || *size < 0) return std::nullopt;
  Remembered known;
  try {
    known.blob.digest = Digest::parse(lines[1].substr(0, space));
  } catch (const Error&) {
    return std::nullopt;
  }
  known.blob.size = static_cast<std::uint64_t>(*size);
  known.response.etag = lines[2];
  known.response.last_modified = lines[3];
  known.response.modified = parse_integer(lines[4]);
  known.response.disposition = lines[5];
  return known;
}

std::optional<Remembered> recall(const fs::path& file, const Store& store) {
  const auto text = read_file_if_exists(file);
  auto known = text ? parse_remembered(*text) : std::nullopt;
  if (known && !store.blobs().contains(known->blob)) return std::nullopt;
  return known;
}

Remembered fetch_into(const std::string& url, const std::optional<Remembered>& known,
                      const FetchContext& context) {
  FetchRequest request{url};
  request.authorization = http_authorization(url, context.grants);
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  request.expects = [&](std::uint64_t size) { total = size; };
  if (known) {
    request.etag = known->response.etag;
    request.last_modified = known->response.last_modified;
  }
  auto writer = context.store.blobs().begin();
  auto response = fetch(request, [&](std::span<const std::byte> bytes) {
    writer.write(bytes);
    done += bytes.size();
    if (context.progress) context.progress(done, total);
  });
  if (response.not_modified && known) return *known;
  return {std::move(writer).commit(""), std::move(response)};
}

void check_digest(const std::string& url, const Digest& wanted, const Digest& found) {
  if (wanted == found) return;
  throw Error(Errc::integrity,
              fmt::format("fetch '{}': digest mismatch: it has '{}' (expected: '{}')",
                          printable(without_credentials(url)), found.str(), wanted.str()));
}

}  // namespace

Download download(const std::string& url, const std::string& checksum,
                  const FetchContext& context) {
  std::optional<Digest> wanted;
  if (!checksum.empty()) wanted = Digest::parse(checksum);
  const auto& store = context.store;
  const auto file = store.folder("downloads") / sha256_hex(url);
  const FileLock lock(file.native() + ".lock", FileLock::Mode::exclusive);
  auto known = recall(file, store);
  if (!wanted || !known || known->blob.digest != *wanted) {
    known = fetch_into(url, known, context);
    if (wanted) check_digest(url, *wanted, known->blob.digest);
    write_file_if_changed(file, to_text(*known));
  }
  Download result{known->blob, file_name_of(url, known->response.disposition),
                  known->response.modified};
  // What has a checksum is the same from everywhere and at any time.
  if (wanted) {
    result.name = file_name_of(url);
    result.modified.reset();
  }
  return result;
}

}  // namespace slipway
