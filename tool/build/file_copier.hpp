#pragma once

#include <time.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/file.hpp"

namespace slipway {

/// Reads and copies files of which the digest (SHA-256, hex) is wanted too, with
/// blocks of memory that are used again.
class FileCopier {
 public:
  FileCopier();

  std::string digest(const std::filesystem::path& path);

  /// The digest of `path` if `other` has the same bytes.
  std::optional<std::string> digest_if_equal(const std::filesystem::path& path,
                                             const std::filesystem::path& other);

  /// What a copy is to have.
  struct Attributes {
    std::uint32_t mode = 0;  ///< 07777
    struct timespec time = {};
  };

  /// Copy to the new file `to` and give the digest: a clone where the filesystem
  /// can, else in one pass (the bytes have to be read for the digest anyway), with
  /// holes for blocks of zeros. `shown` is the name for messages.
  std::string copy(const std::filesystem::path& from, const std::filesystem::path& to,
                   const Attributes& attributes, const std::filesystem::path& shown);

 private:
  /// Room for one block of a file.
  class Block {
   public:
    Block();
    std::span<const std::byte> read(const Fd& fd, const std::filesystem::path& name);

   private:
    std::unique_ptr<std::byte[]> bytes_;
  };

  std::string digest(const Fd& fd, const std::filesystem::path& path);
  std::string copy_bytes(const Fd& source, const std::filesystem::path& from, const Fd& copy,
                         const std::filesystem::path& shown);

  Block block_;
  Block other_block_;
  bool may_clone_ = true;  ///< until the filesystem said that it cannot
  std::uint32_t umask_;
};

}  // namespace slipway
