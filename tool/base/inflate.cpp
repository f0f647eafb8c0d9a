#include "base/inflate.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

#ifdef SLIPWAY_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

namespace slipway {
namespace {

unsigned char* input_pointer(const std::byte* bytes) {
  // The libraries take input through pointers that are not const and only read it.
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes));
}

}  // namespace

#ifdef SLIPWAY_HAVE_ISAL

struct GzipInflater::Engine {
  inflate_state state = {};
};

void GzipInflater::reset() {
  isal_inflate_reset(&engine_->state);
  engine_->state.crc_flag = ISAL_GZIP;
}

GzipInflater::GzipInflater() : engine_(std::make_unique<Engine>()) {
  isal_inflate_init(&engine_->state);
  reset();
}

GzipInflater::Progress GzipInflater::run(std::span<const std::byte> input,
                                         std::span<std::byte> output) {
  inflate_state& state = engine_->state;
  state.next_in = input_pointer(input.data());
  state.avail_in = static_cast<std::uint32_t>(input.size());
  state.next_out = reinterpret_cast<unsigned char*>(output.data());
  state.avail_out = static_cast<std::uint32_t>(output.size());
  const int result = isal_inflate(&state);
  if (result < 0 || result == ISAL_NEED_DICT) {
    throw Error(Errc::integrity, fmt::format("decompress gzip: damaged data (ISA-L {})", result));
  }
  return {input.size() - state.avail_in, output.size() - state.avail_out,
          state.block_state == ISAL_BLOCK_FINISH};
}

#else

struct GzipInflater::Engine {
  z_stream stream = {};
  ~Engine() { inflateEnd(&stream); }
};

void GzipInflater::reset() { inflateReset(&engine_->stream); }

GzipInflater::GzipInflater() : engine_(std::make_unique<Engine>()) {
  constexpr int gzip_only = 15 + 16;
  if (inflateInit2(&engine_->stream, gzip_only) != Z_OK) {
    throw Error(Errc::environment, "start zlib: out of memory");
  }
}

GzipInflater::Progress GzipInflater::run(std::span<const std::byte> input,
                                         std::span<std::byte> output) {
  z_stream& stream = engine_->stream;
  stream.next_in = input_pointer(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<unsigned char*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  const int result = inflate(&stream, Z_NO_FLUSH);
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
    throw Error(Errc::integrity, fmt::format("decompress gzip: damaged data (zlib {})", result));
  }
  return {input.size() - stream.avail_in, output.size() - stream.avail_out, result == Z_STREAM_END};
}

#endif

GzipInflater::~GzipInflater() = default;
GzipInflater::GzipInflater(GzipInflater&&) noexcept = default;

}  // namespace slipway
