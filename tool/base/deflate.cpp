#include "base/deflate.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"

#ifdef SLIPWAY_HAVE_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#endif

namespace slipway {
namespace {

unsigned char* writable(const std::byte* bytes) {
  // Both libraries take input through pointers that are not const and only read it.
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes));
}

class ZlibEngine {
 public:
  explicit ZlibEngine(int level) {
    constexpr int raw_deflate = -15;
    constexpr int memory_level = 8;
    if (deflateInit2(&stream_, level, Z_DEFLATED, raw_deflate, memory_level, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw Error(Errc::internal, fmt::format("start zlib at level {}", level));
    }
  }
  ~ZlibEngine() { deflateEnd(&stream_); }
  ZlibEngine(const ZlibEngine&) = delete;
  ZlibEngine& operator=(const ZlibEngine&) = delete;

  std::size_t run(std::span<const std::byte> input, std::span<std::byte> output) {
    deflateReset(&stream_);
    stream_.next_in = writable(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<unsigned char*>(output.data());
    stream_.avail_out = static_cast<uInt>(output.size());
    const int result = deflate(&stream_, Z_FULL_FLUSH);
    if (result != Z_OK || stream_.avail_in != 0 || stream_.avail_out == 0) {
      throw Error(Errc::internal, fmt::format("deflate a block: zlib returned {}", result));
    }
    return output.size() - stream_.avail_out;
  }

 private:
  z_stream stream_ = {};
};

#ifdef SLIPWAY_HAVE_ISAL
class IsalEngine {
 public:
  // The size of the level buffer decides where deflate blocks end, so it is
  // part of the bytes: always the library's "default" one.
  explicit IsalEngine(int level)
      : stream_(std::make_unique<isal_zstream>()),
        level_(level),
        buffer_(level == 1 ? ISAL_DEF_LVL1_DEFAULT : ISAL_DEF_LVL2_DEFAULT) {}

  // Where a whole block is given at once, ISA-L (to 2.32 at least) puts a hash of
  // the stream's address for that of the third byte, so one block in 8,000 comes
  // out otherwise in another process. A first flush after a few bytes, too few for
  // the loop that does so, keeps the bytes the same; it costs about 15 bytes a block.
  static constexpr std::size_t head_size = 8;

  std::size_t run(std::span<const std::byte> input, std::span<std::byte> output) {
    isal_deflate_init(stream_.get());
    stream_->level = static_cast<std::uint32_t>(level_);
    stream_->level_buf = buffer_.data();
    stream_->level_buf_size = static_cast<std::uint32_t>(buffer_.size());
    stream_->next_out = reinterpret_cast<unsigned char*>(output.data());
    stream_->avail_out = static_cast<std::uint32_t>(output.size());
    const std::size_t head = std::min(input.size(), head_size);
    if (head < input.size()) feed(input.first(head), SYNC_FLUSH);
    feed(head < input.size() ? input.subspan(head) : input, FULL_FLUSH);
    return output.size() - stream_->avail_out;
  }

 private:
  void feed(std::span<const std::byte> input, std::uint16_t flush) {
    stream_->flush = flush;
    stream_->next_in = writable(input.data());
    stream_->avail_in = static_cast<std::uint32_t>(input.size());
    const int result = isal_deflate(stream_.get());
    if (result != COMP_OK || stream_->avail_in != 0 || stream_->avail_out == 0) {
      throw Error(Errc::internal, fmt::format("deflate a block: ISA-L returned {}", result));
    }
  }

  std::unique_ptr<isal_zstream> stream_;
  int level_;
  std::vector<unsigned char> buffer_;
};

constexpr int isal_max_level = 2;
#endif

}  // namespace

struct BlockDeflater::Engine {
  std::unique_ptr<ZlibEngine> zlib = {};
#ifdef SLIPWAY_HAVE_ISAL
  std::unique_ptr<IsalEngine> isal = {};
#endif
};

BlockDeflater::BlockDeflater(int level) : engine_(std::make_unique<Engine>()) {
#ifdef SLIPWAY_HAVE_ISAL
  if (level <= isal_max_level) {
    engine_->isal = std::make_unique<IsalEngine>(level);
    return;
  }
#endif
  engine_->zlib = std::make_unique<ZlibEngine>(level);
}

BlockDeflater::~BlockDeflater() = default;

std::size_t BlockDeflater::run(std::span<const std::byte> input, std::span<std::byte> output) {
#ifdef SLIPWAY_HAVE_ISAL
  if (engine_->isal) return engine_->isal->run(input, output);
#endif
  return engine_->zlib->run(input, output);
}

std::uint32_t crc32_of(std::span<const std::byte> bytes) {
#ifdef SLIPWAY_HAVE_ISAL
  return crc32_gzip_refl(0, writable(bytes.data()), bytes.size());
#else
  return static_cast<std::uint32_t>(crc32_z(0, writable(bytes.data()), bytes.size()));
#endif
}

std::uint32_t crc32_join(std::uint32_t first, std::uint32_t second, std::uint64_t second_size) {
  return static_cast<std::uint32_t>(
      crc32_combine(first, second, static_cast<z_off_t>(second_size)));
}

}  // namespace slipway
