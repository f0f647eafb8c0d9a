#include "registry/download.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "oci/registry_documents.hpp"
#include "registry/failure.hpp"
#include "registry/transfers.hpp"

namespace slipway {
namespace {

constexpr std::array manifest_types = {media_type::oci_index, media_type::docker_index,
                                       media_type::oci_manifest, media_type::docker_manifest};
/// Bytes that are wrong may be so by a proxy's fault: once more is worth a try.
template <typename Fetch>
auto despite_corruption(Fetch&& fetch) {
  try {
    return fetch();
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) throw;
  }
  return fetch();
}

HttpRequest manifest_request(const Session& session, const std::string& tag_or_digest,
                             std::string method) {
  HttpRequest request{.method = std::move(method),
                      .url = session.url("manifests/" + tag_or_digest)};
  request.headers.emplace_back("Accept", fmt::format("{}", fmt::join(manifest_types, ", ")));
  return request;
}

void require_known_type(const std::string& type) {
  if (std::ranges::find(manifest_types, type) != manifest_types.end()) return;
  throw Error(Errc::input,
              fmt::format("manifests of the type '{}' are not supported", printable(type)))
      .with_hint("OCI images and Docker's of schema 2 are; push the image again with a newer tool");
}

std::string type_of(const HttpResponse& response) {
  const auto header = response.header("content-type");
  const auto type = trim(std::string_view(header).substr(0, header.find(';')));
  // A server that knows nothing of images says what it says of all JSON.
  if (!type.empty() && type != "application/json" && type != "text/plain") return std::string(type);
  return media_type_in(response.text);
}

/// One blob on its way into the store.
class BlobDownload {
 public:
  BlobDownload(Session& session, const Descriptor& blob, const Store& store)
      : session_(session),
        blob_(blob),
        store_(store),
        counted_(Transfers::of_process().fetched, blob.size) {}

  void run() {
    despite_corruption([&] {
      writer_.emplace(store_.blobs().begin());
      counted_.reach(0);
      receive();
      std::move(*writer_).commit_as(blob_);
    });
  }

 private:
  void receive() {
    Patience patience;
    while (writer_->size() < blob_.size) {
      const auto before = writer_->size();
      const auto response = receive_some();
      if (response.is_success()) {
        // A body that ends early without being broken is as good as broken.
        if (writer_->size() < blob_.size && writer_->size() == before) return;
        continue;
      }
      if (writer_->size() > before) patience.renew();
      if (!is_transient(response) || !patience.wait(response)) {
        throw failure_of(response, session_.endpoint(),
                         fmt::format("blob '{}'", blob_.digest.str()));
      }
    }
  }

  HttpResponse receive_some() {
    HttpRequest request{.url = session_.url("blobs/" + blob_.digest.str())};
    request.offset = writer_->size();
    // A server that knows no ranges begins from the start: that we have.
    std::uint64_t to_skip = 0;
    bool has_begun = false;
    return session_.send_once(request,
                              [&](const HttpResponse& response, std::span<const std::byte> bytes) {
                                if (!has_begun && response.status != 206) to_skip = request.offset;
                                has_begun = true;
                                const auto skipped = std::min<std::uint64_t>(to_skip, bytes.size());
                                to_skip -= skipped;
                                take(bytes.subspan(static_cast<std::size_t>(skipped)));
                              });
  }

  void take(std::span<const std::byte> bytes) {
    if (writer_->size() + bytes.size() > blob_.size) {
      throw Error(Errc::integrity, fmt::format("fetch blob '{}': there are more than its {} bytes",
                                               blob_.digest.str(), blob_.size));
    }
    writer_->write(bytes);
    counted_.reach(writer_->size());
  }

  Session& session_;
  const Descriptor& blob_;
  const Store& store_;
  CountedTransfer counted_;
  std::optional<BlobWriter> writer_ = {};
};

std::string name_of_manifest(const std::string& tag_or_digest) {
  return fmt::format("manifest '{}'", tag_or_digest);
}

FetchedDocument read_manifest(HttpResponse response, const Session& session,
                              const std::string& tag_or_digest) {
  const auto what = name_of_manifest(tag_or_digest);
  if (!response.is_success()) throw failure_of(response, session.endpoint(), what);
  FetchedDocument document;
  document.descriptor.media_type = type_of(response);
  document.descriptor.digest = Digest::of(response.text);
  document.descriptor.size = response.text.size();
  const bool is_digest = tag_or_digest.starts_with("sha256:");
  const auto promised = is_digest ? tag_or_digest : response.header("docker-content-digest");
  if (!promised.empty() && promised != document.descriptor.digest.str()) {
    throw Error(Errc::integrity,
                fmt::format("fetch {}: digest mismatch: its bytes have '{}' (expected: '{}')", what,
                            document.descriptor.digest.str(), printable(promised)));
  }
  require_known_type(document.descriptor.media_type);
  document.text = std::move(response.text);
  return document;
}

}  // namespace

FetchedDocument fetch_manifest(Session& session, const std::string& tag_or_digest) {
  return despite_corruption([&] {
    return read_manifest(session.send(manifest_request(session, tag_or_digest, "GET")), session,
                         tag_or_digest);
  });
}

std::optional<FetchedDocument> find_manifest(Session& session, const std::string& tag_or_digest) {
  return despite_corruption([&]() -> std::optional<FetchedDocument> {
    auto response = session.send(manifest_request(session, tag_or_digest, "GET"));
    if (response.status == 404) return std::nullopt;
    return read_manifest(std::move(response), session, tag_or_digest);
  });
}

std::string ask_digest(Session& session, const std::string& tag) {
  const auto response = session.send(manifest_request(session, tag, "HEAD"));
  if (!response.is_success()) throw failure_of(response, session.endpoint(), name_of_manifest(tag));
  return response.header("docker-content-digest");
}

void fetch_blob(Session& session, const Descriptor& blob, const Store& store) {
  if (store.blobs().contains(blob)) return;
  const FileLock lock(store.folder("locks") / (blob.digest.hex() + ".lock"),
                      FileLock::Mode::exclusive);
  if (store.blobs().contains(blob)) return;
  BlobDownload(session, blob, store).run();
}

}  // namespace slipway
