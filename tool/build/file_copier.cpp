#include "build/file_copier.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t copy_block_size = 1u << 20;

[[noreturn]] void refuse_copy(std::string_view verb, const fs::path& path) {
  throw Error::from_errno(errno, fmt::format("{} '{}'", verb, printable(path.native())));
}

bool is_zero(std::span<const std::byte> bytes) {
  return bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

std::uint32_t process_umask() {
  const auto mask = ::umask(0);
  ::umask(mask);
  return mask;
}

}  // namespace

FileCopier::Block::Block() : bytes_(std::make_unique_for_overwrite<std::byte[]>(copy_block_size)) {}

std::span<const std::byte> FileCopier::Block::read(const Fd& fd, const fs::path& name) {
  const std::span<std::byte> all(bytes_.get(), copy_block_size);
  return all.first(read_some(fd, all, name.native()));
}

FileCopier::FileCopier() : umask_(process_umask()) {}

std::string FileCopier::digest(const fs::path& path) {
  const Fd fd = open_file(path, O_RDONLY);
  return digest(fd, path);
}

std::optional<std::string> FileCopier::digest_if_equal(const fs::path& path,
                                                       const fs::path& other) {
  const Fd fd = open_file(path, O_RDONLY);
  const Fd other_fd = open_file(other, O_RDONLY);
  Sha256 sha;
  for (;;) {
    const auto bytes = block_.read(fd, path);
    if (!std::ranges::equal(bytes, other_block_.read(other_fd, other))) return std::nullopt;
    if (bytes.empty()) return sha.finish();
    sha.update(bytes);
  }
}

std::string FileCopier::copy(const fs::path& from, const fs::path& to, const Attributes& attributes,
                             const fs::path& shown) {
  const Fd source = open_file(from, O_RDONLY);
  Fd copy = open_file(to, O_WRONLY | O_CREAT | O_EXCL, attributes.mode & 0777);
  std::string result;
  may_clone_ = may_clone_ && ::ioctl(copy.get(), FICLONE, source.get()) == 0;
  if (may_clone_) {
    result = digest(source, from);
  } else {
    result = copy_bytes(source, from, copy, shown);
  }
  // Most modes come out right by themselves.
  const bool is_masked = (attributes.mode & umask_) != 0 || (attributes.mode & 07000) != 0;
  if (is_masked && ::fchmod(copy.get(), attributes.mode) != 0)
    refuse_copy("set the mode of", shown);
  const struct timespec times[2] = {attributes.time, attributes.time};
  if (::futimens(copy.get(), times) != 0) refuse_copy("set the time of", shown);
  copy.close_checked(shown.native());
  return result;
}

std::string FileCopier::digest(const Fd& fd, const fs::path& path) {
  Sha256 sha;
  for (auto bytes = block_.read(fd, path); !bytes.empty(); bytes = block_.read(fd, path))
    sha.update(bytes);
  return sha.finish();
}

std::string FileCopier::copy_bytes(const Fd& source, const fs::path& from, const Fd& copy,
                                   const fs::path& shown) {
  Sha256 sha;
  off_t done = 0;
  bool ends_with_hole = false;
  for (auto bytes = block_.read(source, from); !bytes.empty(); bytes = block_.read(source, from)) {
    sha.update(bytes);
    done += static_cast<off_t>(bytes.size());
    ends_with_hole = is_zero(bytes);
    if (!ends_with_hole) {
      write_all(copy, bytes, shown.native());
    } else if (::lseek(copy.get(), done, SEEK_SET) < 0) {
      refuse_copy("write", shown);
    }
  }
  if (ends_with_hole && ::ftruncate(copy.get(), done) != 0) refuse_copy("write", shown);
  return sha.finish();
}

}  // namespace slipway
