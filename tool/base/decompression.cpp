#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "base/compression.hpp"
#include "base/error.hpp"
#include "base/inflate.hpp"

namespace slipway {
namespace {

constexpr std::size_t output_size = 256 * 1024;

bool starts_with(std::span<const std::byte> bytes, std::span<const std::uint8_t> magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](std::uint8_t a, std::byte b) { return std::byte{a} == b; });
}

constexpr std::array<std::uint8_t, 2> gzip_magic = {0x1f, 0x8b};
constexpr std::array<std::uint8_t, 4> zstd_magic = {0x28, 0xb5, 0x2f, 0xfd};

CompressionKind kind_of(std::span<const std::byte> head) {
  if (starts_with(head, gzip_magic)) return CompressionKind::gzip;
  if (starts_with(head, zstd_magic)) return CompressionKind::zstd;
  return CompressionKind::none;
}

struct PlainDecoder {
  ByteSink sink;
  void write(std::span<const std::byte> bytes) { sink(bytes); }
  void finish() {}
};

class GzipDecoder {
 public:
  explicit GzipDecoder(ByteSink sink) : sink_(std::move(sink)), output_(output_size) {}

  void write(std::span<const std::byte> bytes) {
    bool output_full = false;
    while (!bytes.empty() || output_full) {
      if (std::exchange(ended_, false)) inflater_.reset();
      const auto progress = inflater_.run(bytes, output_);
      if (progress.written > 0) sink_({output_.data(), progress.written});
      const bool stuck = progress.read == 0 && progress.written == 0 && !progress.ended;
      if (stuck && !bytes.empty()) throw Error(Errc::integrity, "decompress gzip: damaged data");
      bytes = bytes.subspan(progress.read);
      ended_ = progress.ended;
      output_full = progress.written == output_.size() && !ended_;
    }
  }

  void finish() {
    if (!ended_) throw Error(Errc::integrity, "decompress gzip: the data ends too early");
  }

 private:
  ByteSink sink_;
  GzipInflater inflater_;
  std::vector<std::byte> output_;
  bool ended_ = false;
};

class ZstdDecoder {
 public:
  explicit ZstdDecoder(ByteSink sink)
      : sink_(std::move(sink)), context_(ZSTD_createDCtx()), output_(output_size) {
    if (!context_) throw Error(Errc::environment, "start zstd: out of memory");
  }

  void write(std::span<const std::byte> bytes) {
    ZSTD_inBuffer input = {bytes.data(), bytes.size(), 0};
    bool output_full = false;
    while (input.pos < input.size || output_full) {
      ZSTD_outBuffer output = {output_.data(), output_.size(), 0};
      left_ = ZSTD_decompressStream(context_.get(), &output, &input);
      if (ZSTD_isError(left_) != 0) {
        throw Error(Errc::integrity, fmt::format("decompress zstd: {}", ZSTD_getErrorName(left_)));
      }
      if (output.pos > 0) sink_({output_.data(), output.pos});
      output_full = output.pos == output.size && left_ != 0;
    }
  }

  void finish() {
    if (left_ != 0) throw Error(Errc::integrity, "decompress zstd: the data ends too early");
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  ByteSink sink_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::vector<std::byte> output_;
  std::size_t left_ = 0;  // 0: a frame has just ended
};

}  // namespace

struct Decompressor::State {
  ByteSink sink = {};
  std::vector<std::byte> head = {};  // until there is enough of it to know the kind
  std::variant<std::monostate, PlainDecoder, GzipDecoder, ZstdDecoder> decoder = {};

  template <typename Call>
  void with_decoder(const Call& call) {
    std::visit(
        [&](auto& chosen) {
          if constexpr (!std::is_same_v<decltype(chosen), std::monostate&>) call(chosen);
        },
        decoder);
  }

  bool chosen() const { return decoder.index() != 0; }

  void write(std::span<const std::byte> bytes) {
    with_decoder([&](auto& chosen) { chosen.write(bytes); });
  }

  /// Decide by the bytes in `head`, and give them to the decoder.
  void choose() {
    switch (kind_of(head)) {
      case CompressionKind::none:
        decoder = PlainDecoder{sink};
        break;
      case CompressionKind::gzip:
        decoder.emplace<GzipDecoder>(sink);
        break;
      case CompressionKind::zstd:
        decoder.emplace<ZstdDecoder>(sink);
        break;
    }
    write(std::exchange(head, {}));
  }
};

Decompressor::Decompressor(ByteSink sink) : state_(std::make_unique<State>()) {
  state_->sink = std::move(sink);
}

Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;

void Decompressor::write(std::span<const std::byte> bytes) {
  if (!state_->chosen()) {
    const std::size_t missing = zstd_magic.size() - state_->head.size();
    const auto part = bytes.first(std::min(missing, bytes.size()));
    state_->head.insert(state_->head.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    if (state_->head.size() < zstd_magic.size()) return;
    state_->choose();
  }
  if (!bytes.empty()) state_->write(bytes);
}

void Decompressor::finish() {
  if (!state_->chosen()) state_->choose();
  state_->with_decoder([](auto& chosen) { chosen.finish(); });
}

}  // namespace slipway
