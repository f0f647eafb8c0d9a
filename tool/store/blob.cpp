#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "store/store.hpp"

namespace slipway {
namespace fs = std::filesystem;

BlobWriter::BlobWriter(fs::path blobs, const fs::path& scratch)
    : blobs_(std::move(blobs)), file_(scratch, 0600) {}

void BlobWriter::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  size_ += bytes.size();
  write_all(file_.fd(), bytes, blobs_.native());
}

void BlobWriter::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

Descriptor BlobWriter::commit(std::string_view media_type) && {
  Descriptor descriptor;
  descriptor.media_type = media_type;
  descriptor.digest = Digest::from_hex(hash_.finish());
  descriptor.size = size_;
  put_in_place(descriptor.digest);
  return descriptor;
}

void BlobWriter::commit_as(const Descriptor& expected) && {
  const auto name = expected.digest.str();
  if (size_ != expected.size) {
    throw Error(Errc::integrity,
                fmt::format("write blob '{}': {} bytes instead of {}", name, size_, expected.size));
  }
  if (const auto digest = Digest::from_hex(hash_.finish()); digest != expected.digest) {
    throw Error(Errc::integrity,
                fmt::format("write blob '{}': its bytes have the digest '{}'", name, digest.str()));
  }
  put_in_place(expected.digest);
}

void BlobWriter::put_in_place(const Digest& digest) {
  const struct timespec times[2] = {{fixed_file_time, 0}, {fixed_file_time, 0}};
  if (::fchmod(file_.fd().get(), 0444) != 0 || ::futimens(file_.fd().get(), times) != 0) {
    throw Error::from_errno(errno, fmt::format("write blob '{}'", digest.str()));
  }
  // Always replace: an old blob of this name may have been damaged since.
  std::move(file_).move_to(blobs_ / digest.hex());
}

BlobReader::BlobReader(const fs::path& path, const Descriptor& descriptor)
    : name_(descriptor.digest.str()), expected_(descriptor), fd_(open_file(path, O_RDONLY)) {
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

std::size_t BlobReader::read(std::span<std::byte> bytes) {
  if (done_) return 0;
  const auto count = read_some(fd_, bytes, name_);
  hash_.update(bytes.first(count));
  size_ += count;
  if (count > 0 || bytes.empty()) return count;
  done_ = true;
  if (size_ != expected_.size) {
    throw Error(Errc::integrity, fmt::format("read blob '{}': {} bytes instead of {}", name_, size_,
                                             expected_.size));
  }
  if (Digest::from_hex(hash_.finish()) != expected_.digest) {
    throw Error(Errc::integrity,
                fmt::format("read blob '{}': its bytes have another digest", name_));
  }
  return 0;
}

}  // namespace slipway
