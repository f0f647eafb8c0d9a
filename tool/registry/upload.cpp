#include "registry/upload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "oci/registry_documents.hpp"
#include "registry/failure.hpp"
#include "registry/transfers.hpp"

namespace slipway {
namespace {

constexpr std::uint64_t chunk_bytes = std::uint64_t{16} << 20;
constexpr int too_large = 413;
constexpr int bad_request = 400;
constexpr int gone = 404;
constexpr int bad_range = 416;

/// Bytes `begin` to `end` of a blob, as they lie there: the registry checks the digest
/// of what it gets, and hashing takes longer than all else that is done here.
HttpBody blob_part(const Fd& file, const std::string& name, std::uint64_t begin, std::uint64_t end,
                   CountedTransfer& counted) {
  const auto at = std::make_shared<std::uint64_t>(begin);
  return {end - begin, [&file, &counted, name, at, end](std::span<std::byte> bytes) {
            const auto wanted = bytes.first(std::min<std::uint64_t>(end - *at, bytes.size()));
            const auto count = read_at(file, wanted, *at, name);
            *at += count;
            counted.reach(*at);
            return count;
          }};
}

/// Throws Errc::integrity where it is our blob that is damaged.
void check_blob(const Layout& layout, const Descriptor& blob) {
  auto reader = layout.read(blob);
  std::vector<std::byte> bytes(std::size_t{256} * 1024);
  while (reader.read(bytes) > 0) {
  }
}

bool is_another_digest(const HttpResponse& response) {
  return std::ranges::any_of(parse_registry_errors(response.text),
                             [](const auto& error) { return error.code == "DIGEST_INVALID"; });
}

/// One blob on its way to a repository (distribution-spec, "Pushing Blobs").
class BlobUpload {
 public:
  BlobUpload(Session& session, const Layout& layout, const Descriptor& blob,
             const std::string& origin)
      : session_(session), layout_(layout), blob_(blob), origin_(origin) {}

  UploadOutcome run() {
    for (;;) {
      if (is_present()) return has_sent_ ? UploadOutcome::sent : UploadOutcome::present;
      if (start()) return UploadOutcome::mounted;
      if (send_all()) return UploadOutcome::sent;
      origin_.clear();
    }
  }

 private:
  bool is_present() {
    const auto response =
        session_.send({.method = "HEAD", .url = session_.url("blobs/" + blob_.digest.str())});
    if (response.is_success()) return true;
    if (response.status == gone && response.failure == HttpFailure::none) return false;
    throw failure(response);
  }

  /// Begin an upload; true when the blob was mounted instead.
  bool start() {
    auto url = session_.url("blobs/uploads/");
    if (!origin_.empty()) {
      session_.add_source(origin_);
      url += fmt::format("?mount={}&from={}", percent_encoded(blob_.digest.str()),
                         percent_encoded(origin_));
    }
    const auto response =
        session_.send({.method = "POST", .url = url, .body = [] { return text_body(""); }});
    if (response.status == 201) return true;
    if (!response.is_success()) {
      if (origin_.empty()) throw failure(response);
      origin_.clear();  // we may not read there, say
      return start();
    }
    take_location(response);
    sent_ = 0;
    return false;
  }

  /// False when the upload is lost and has to begin anew.
  bool send_all() {
    for (;;) {
      const auto response = send_next();
      if (response.is_success()) {
        if (response.status == 201) {
          require_right(response);
          return true;
        }
        take_location(response);
        continue;
      }
      if (response.status == bad_request && is_another_digest(response)) check_blob(layout_, blob_);
      if (response.failure == HttpFailure::none && response.status == too_large && !in_chunks_) {
        in_chunks_ = true;
        return false;
      }
      const bool is_lost = response.status == gone || response.status == bad_range;
      if ((!is_lost && !is_transient(response)) || !patience_.wait(response))
        throw failure(response);
      if (is_lost || !find_progress()) return false;
    }
  }

  /// The registry says what it has got, or nothing.
  void require_right(const HttpResponse& response) const {
    const auto digest = response.header("docker-content-digest");
    if (digest.empty() || digest == blob_.digest.str()) return;
    throw Error(Errc::integrity,
                fmt::format("send blob '{}': digest mismatch: the registry has '{}'",
                            blob_.digest.str(), printable(digest)));
  }

  /// All in one piece, or the next piece, or the end.
  HttpResponse send_next() {
    HttpRequest request{.method = "PUT"};
    request.headers.emplace_back("Content-Type", "application/octet-stream");
    auto end = blob_.size;
    if (in_chunks_) end = std::min(end, sent_ + chunk_bytes);
    const bool is_whole = sent_ == 0 && end == blob_.size;
    const bool is_end = sent_ == blob_.size;
    request.url = is_whole || is_end ? finished_location() : location_;
    if (is_end && !is_whole) {
      request.body = [] { return text_body(""); };
      return session_.send_once(request, ignore);
    }
    if (!is_whole) {
      request.method = "PATCH";
      request.headers.emplace_back("Content-Range", fmt::format("{}-{}", sent_, end - 1));
    }
    if (!file_) file_ = layout_.open_blob(blob_);
    if (!counted_) counted_.emplace(Transfers::of_process().sent, blob_.size);
    request.body = [this, end] {
      return blob_part(file_, blob_.digest.str(), sent_, end, *counted_);
    };
    has_sent_ = true;
    auto response = session_.send_once(request, ignore);
    if (response.is_success()) {
      sent_ = end;
      patience_.renew();
    }
    return response;
  }

  /// How far a broken upload came; false where the registry does not know it.
  bool find_progress() {
    const auto response = session_.send({.url = location_});
    if (!response.is_success()) return false;
    take_location(response);
    const auto range = response.header("range");
    const auto last = parse_integer(
        std::string_view(range).substr(std::min(range.find('-'), range.size() - 1) + 1));
    // "0-0" is one byte, or none.
    if (range.empty() || !last || *last <= 0 || static_cast<std::uint64_t>(*last) >= blob_.size)
      return false;
    const auto received = static_cast<std::uint64_t>(*last) + 1;
    if (received > sent_) patience_.renew();
    sent_ = received;
    return true;
  }

  void take_location(const HttpResponse& response) {
    const auto location = response.header("location");
    if (!location.empty()) location_ = absolute_url(response.url, location);
  }

  std::string finished_location() const {
    return fmt::format("{}{}digest={}", location_,
                       location_.find('?') == std::string::npos ? '?' : '&',
                       percent_encoded(blob_.digest.str()));
  }

  Error failure(const HttpResponse& response) const {
    return failure_of(response, session_.endpoint(), fmt::format("blob '{}'", blob_.digest.str()));
  }

  static void ignore(const HttpResponse&, std::span<const std::byte>) {}

  Session& session_;
  const Layout& layout_;
  const Descriptor& blob_;
  std::string origin_;
  Patience patience_ = {};
  Fd file_ = {};
  std::optional<CountedTransfer> counted_ = {};  ///< since something is sent
  std::string location_ = {};
  std::uint64_t sent_ = 0;  ///< what the registry has of it
  bool has_sent_ = false;
  bool in_chunks_ = false;
};

}  // namespace

UploadOutcome upload_blob(Session& session, const Layout& layout, const Descriptor& blob,
                          const std::string& origin) {
  return BlobUpload(session, layout, blob, origin).run();
}

void upload_manifest(Session& session, const std::string& text, const Descriptor& manifest,
                     const std::string& tag_or_digest) {
  HttpRequest request{.method = "PUT", .url = session.url("manifests/" + tag_or_digest)};
  request.headers.emplace_back("Content-Type", manifest.media_type);
  request.body = [&text] { return text_body(text); };
  const auto response = session.send(request);
  const auto what = fmt::format("manifest '{}'", tag_or_digest);
  if (!response.is_success()) throw failure_of(response, session.endpoint(), what);
  const auto digest = response.header("docker-content-digest");
  if (digest.empty() || digest == manifest.digest.str()) return;
  throw Error(Errc::integrity,
              fmt::format("send {}: digest mismatch: the registry has '{}' (expected: '{}')", what,
                          printable(digest), manifest.digest.str()));
}

}  // namespace slipway
