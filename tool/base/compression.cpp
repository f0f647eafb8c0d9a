#include "base/compression.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/gzip.hpp"

namespace slipway {
namespace {

struct KindInfo {
  CompressionKind kind;
  std::string_view name;
  int default_level;
  int max_level;  ///< 0: the kind has no levels
};

constexpr std::array kinds = {
    KindInfo{CompressionKind::none, "none", 0, 0},
    KindInfo{CompressionKind::gzip, "gzip", 1, 9},
    KindInfo{CompressionKind::zstd, "zstd", 3, 19},
};

const KindInfo& info_of(CompressionKind kind) {
  return *std::ranges::find(kinds, kind, &KindInfo::kind);
}

std::optional<int> parse_level(std::string_view digits, int max_level) {
  int level = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), level);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  if (!is_number || level < 1 || level > max_level) return std::nullopt;
  return level;
}

/// Beyond this many workers the blocks in flight cost more memory than the
/// hashing beside them lets through.
constexpr unsigned max_threads = 16;

unsigned threads_or_default(unsigned threads) {
  if (threads == 0) threads = std::thread::hardware_concurrency();
  return std::clamp(threads, 1U, max_threads);
}

struct PlainEncoder {
  ByteSink sink;
  void write(std::span<const std::byte> bytes) { sink(bytes); }
  void finish() {}
};

/// One zstd frame with a checksum of its content. libzstd's results with
/// workers differ from those without, but not by their number: there is always
/// at least one.
class ZstdEncoder {
 public:
  ZstdEncoder(int level, unsigned threads, ByteSink sink)
      : context_(ZSTD_createCCtx()), sink_(std::move(sink)), output_(ZSTD_CStreamOutSize()) {
    if (!context_) throw Error(Errc::environment, "start zstd: out of memory");
    set(ZSTD_c_compressionLevel, level);
    set(ZSTD_c_checksumFlag, 1);
    set(ZSTD_c_nbWorkers, static_cast<int>(threads));
  }

  void write(std::span<const std::byte> bytes) {
    ZSTD_inBuffer input = {bytes.data(), bytes.size(), 0};
    while (input.pos < input.size) step(input, ZSTD_e_continue);
  }

  void finish() {
    ZSTD_inBuffer nothing = {nullptr, 0, 0};
    while (step(nothing, ZSTD_e_end) != 0) {
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  static std::size_t check(std::size_t result) {
    if (ZSTD_isError(result) != 0) {
      throw Error(Errc::environment,
                  fmt::format("compress with zstd: {}", ZSTD_getErrorName(result)));
    }
    return result;
  }

  void set(ZSTD_cParameter parameter, int value) {
    check(ZSTD_CCtx_setParameter(context_.get(), parameter, value));
  }

  std::size_t step(ZSTD_inBuffer& input, ZSTD_EndDirective directive) {
    ZSTD_outBuffer output = {output_.data(), output_.size(), 0};
    const std::size_t left =
        check(ZSTD_compressStream2(context_.get(), &output, &input, directive));
    if (output.pos > 0) sink_({output_.data(), output.pos});
    return left;
  }

  std::unique_ptr<ZSTD_CCtx, Free> context_;
  ByteSink sink_;
  std::vector<std::byte> output_;
};

}  // namespace

Compression Compression::parse(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto kind = std::ranges::find(kinds, name, &KindInfo::name);
  if (kind != kinds.end() && colon == std::string_view::npos) return {kind->kind, 0};
  if (kind != kinds.end()) {
    const auto level = parse_level(text.substr(colon + 1), kind->max_level);
    if (level) return {kind->kind, *level};
  }
  throw Error(Errc::usage, fmt::format("compression '{}': expected none, gzip, gzip:1-9, zstd "
                                       "or zstd:1-19",
                                       text));
}

std::string Compression::str() const {
  const std::string name(info_of(kind).name);
  return level == 0 ? name : fmt::format("{}:{}", name, level);
}

struct Compressor::State {
  std::variant<std::monostate, PlainEncoder, GzipEncoder, ZstdEncoder> encoder = {};

  template <typename Call>
  void with_encoder(const Call& call) {
    std::visit(
        [&](auto& chosen) {
          if constexpr (!std::is_same_v<decltype(chosen), std::monostate&>) call(chosen);
        },
        encoder);
  }
};

Compressor::Compressor(const Compression& compression, ByteSink sink, unsigned threads)
    : state_(std::make_unique<State>()) {
  const KindInfo& kind = info_of(compression.kind);
  const int level = compression.level == 0 ? kind.default_level : compression.level;
  threads = threads_or_default(threads);
  switch (compression.kind) {
    case CompressionKind::none:
      state_->encoder = PlainEncoder{std::move(sink)};
      break;
    case CompressionKind::gzip:
      state_->encoder.emplace<GzipEncoder>(level, threads, std::move(sink));
      break;
    case CompressionKind::zstd:
      state_->encoder.emplace<ZstdEncoder>(level, threads, std::move(sink));
      break;
  }
}

Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;

void Compressor::write(std::span<const std::byte> bytes) {
  state_->with_encoder([&](auto& encoder) { encoder.write(bytes); });
}

void Compressor::finish() {
  state_->with_encoder([](auto& encoder) { encoder.finish(); });
}

}  // namespace slipway
