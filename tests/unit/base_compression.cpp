#include <zlib.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <string>

#include "base/compression.hpp"
#include "base/deflate.hpp"
#include "base/error.hpp"

using namespace slipway;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

ByteSink append_to(std::string& out) {
  return [&out](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
}

template <typename Stream>
void write_in_pieces(Stream& stream, std::string_view text, std::size_t piece) {
  for (std::size_t at = 0; at < text.size(); at += piece) {
    stream.write(bytes_of(text.substr(at, piece)));
  }
}

std::string compress(const Compression& compression, std::string_view text, unsigned threads = 2,
                     std::size_t piece = 100000) {
  std::string out;
  Compressor compressor(compression, append_to(out), threads);
  write_in_pieces(compressor, text, piece);
  compressor.finish();
  return out;
}

std::string decompress(std::string_view text, std::size_t piece = 100000) {
  std::string out;
  Decompressor decompressor(append_to(out));
  write_in_pieces(decompressor, text, piece);
  decompressor.finish();
  return out;
}

/// Text, noise and zeros by turns.
std::string sample(std::size_t size) {
  std::mt19937 random(1);
  std::string text;
  text.reserve(size + 4096);
  while (text.size() < size) {
    for (int i = 0; i < 200; ++i) text += "line " + std::to_string(random() % 100) + "\n";
    for (int i = 0; i < 1000; ++i) text += static_cast<char>(random());
    text.append(500, '\0');
  }
  text.resize(size);
  return text;
}

/// What another implementation makes of one gzip member.
std::string gunzip_with_zlib(std::string_view text, std::size_t size) {
  std::string out(size + 1, '\0');
  z_stream stream = {};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  const uInt left = stream.avail_in;
  inflateEnd(&stream);
  CHECK(result == Z_STREAM_END);
  CHECK(left == 0);
  return out;
}

std::string integrity_error(std::string_view text) {
  try {
    (void)decompress(text);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::integrity);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("compressions have names", "[base][compression]") {
  const auto [text, kind, level] = GENERATE(table<std::string, CompressionKind, int>({
      {"none", CompressionKind::none, 0},
      {"gzip", CompressionKind::gzip, 0},
      {"gzip:9", CompressionKind::gzip, 9},
      {"zstd", CompressionKind::zstd, 0},
      {"zstd:19", CompressionKind::zstd, 19},
  }));
  CHECK(Compression::parse(text) == Compression{kind, level});
  CHECK(Compression{kind, level}.str() == text);
}

TEST_CASE("an unknown compression is refused by name", "[base][compression]") {
  const std::string text = GENERATE("", "lz4", "gzip:", "gzip:0", "gzip:10", "gzip:1x", "none:1",
                                    "zstd:20", "zstd:-1", "GZIP");
  try {
    (void)Compression::parse(text);
    FAIL("accepted: " << text);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::usage);
    CHECK(std::string(error.what()) ==
          "compression '" + text + "': expected none, gzip, gzip:1-9, zstd or zstd:1-19");
  }
}

TEST_CASE("what was compressed comes back", "[base][compression]") {
  const std::string name = GENERATE("none", "gzip", "gzip:2", "gzip:6", "zstd", "zstd:7");
  const std::size_t size = GENERATE(0, 1, 3, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 3000000);
  const std::string text = sample(size);
  CAPTURE(name, size);
  CHECK(decompress(compress(Compression::parse(name), text)) == text);
}

TEST_CASE("the bytes depend neither on threads nor on pieces", "[base][compression]") {
  const std::string name = GENERATE("gzip", "gzip:2", "gzip:3", "zstd", "zstd:1");
  const auto compression = Compression::parse(name);
  const std::string text = sample(4000000);
  const std::string once = compress(compression, text, 1, text.size());
  CAPTURE(name);
  CHECK(compress(compression, text, 1, 4096) == once);
  CHECK(compress(compression, text, 2, 511) == once);
  CHECK(compress(compression, text, 7, 1000003) == once);
}

TEST_CASE("a deflater's place and past are not part of the bytes", "[base][compression]") {
  // What is repeated begins at the third byte: ISA-L finds it there or not by the
  // address of its stream, for one text in some thousands and each pair of addresses.
  const int level = GENERATE(1, 2);
  BlockDeflater here(level);
  BlockDeflater there(level);
  std::array<std::byte, BlockDeflater::bound(80)> one = {};
  std::array<std::byte, BlockDeflater::bound(80)> other = {};
  std::mt19937 random(1);
  std::string text(80, '\0');
  for (int round = 0; round < 40000; ++round) {
    for (char& byte : text) byte = static_cast<char>(random());
    text.replace(40, 16, text, 2, 16);
    const std::size_t size = here.run(bytes_of(text), one);
    if (round % 4 == 0) there.run(bytes_of(text).subspan(round % 79), other);
    REQUIRE(size == there.run(bytes_of(text), other));
    REQUIRE(std::memcmp(one.data(), other.data(), size) == 0);
  }
}

TEST_CASE("gzip is one member that any gunzip reads", "[base][compression]") {
  const std::string name = GENERATE("gzip", "gzip:2", "gzip:9");
  const std::size_t size = GENERATE(0, 100, 1600000);
  const std::string text = sample(size);
  const std::string packed = compress(Compression::parse(name), text);
  CHECK(gunzip_with_zlib(packed, size) == text);
  // No time, no name, no system.
  CHECK(packed.substr(0, 10) == std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
}

TEST_CASE("noise does not grow", "[base][compression]") {
  std::mt19937 random(2);
  std::string noise(2000000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  CHECK(compress(Compression::parse("gzip"), noise).size() < noise.size() + 2000);
  CHECK(decompress(compress(Compression::parse("gzip"), noise)) == noise);
}

TEST_CASE("the kind is found in pieces of any size", "[base][compression]") {
  const std::string name = GENERATE("none", "gzip", "zstd");
  const std::string text = sample(20000);
  CAPTURE(name);
  CHECK(decompress(compress(Compression::parse(name), text), 1) == text);
}

TEST_CASE("a plain text shorter than any magic is itself", "[base][compression]") {
  const std::string text = GENERATE("", "a", "abc", "abcd");
  CHECK(decompress(text) == text);
}

TEST_CASE("several members and frames are one text", "[base][compression]") {
  const std::string name = GENERATE("gzip", "zstd");
  const std::size_t piece = GENERATE(1, 7, 100000);
  const auto compression = Compression::parse(name);
  const std::string joined = compress(compression, "first ") + compress(compression, "") +
                             compress(compression, sample(30000));
  CHECK(decompress(joined, piece) == "first " + sample(30000));
}

TEST_CASE("much output of little input comes in pieces", "[base][compression]") {
  const std::string name = GENERATE("gzip", "zstd");
  const std::string zeros(20000000, '\0');
  const std::string packed = compress(Compression::parse(name), zeros);
  std::size_t total = 0;
  std::size_t largest = 0;
  Decompressor decompressor([&](std::span<const std::byte> bytes) {
    total += bytes.size();
    largest = std::max(largest, bytes.size());
  });
  decompressor.write(bytes_of(packed));
  decompressor.finish();
  CHECK(total == zeros.size());
  CHECK(largest <= 1024 * 1024);
}

TEST_CASE("cut data is an integrity error", "[base][compression]") {
  const std::string text = sample(100000);
  const std::string gzip = compress(Compression::parse("gzip"), text);
  const std::string zstd = compress(Compression::parse("zstd"), text);
  CHECK(integrity_error(gzip.substr(0, gzip.size() - 1)) ==
        "decompress gzip: the data ends too early");
  CHECK(integrity_error(gzip.substr(0, 2)) == "decompress gzip: the data ends too early");
  CHECK(integrity_error(zstd.substr(0, zstd.size() - 1)) ==
        "decompress zstd: the data ends too early");
  CHECK(integrity_error(zstd.substr(0, 4)) == "decompress zstd: the data ends too early");
}

TEST_CASE("damaged data is an integrity error", "[base][compression]") {
  const std::string name = GENERATE("gzip", "zstd");
  std::string packed = compress(Compression::parse(name), sample(100000));
  const std::size_t at = GENERATE(30, 5000);
  packed[at] = static_cast<char>(packed[at] ^ 0x55);
  CHECK(integrity_error(packed).starts_with("decompress " + name + ": "));
  packed[at] = static_cast<char>(packed[at] ^ 0x55);
  packed[packed.size() - 2] ^= 1;  // in the checksum
  CHECK(integrity_error(packed).starts_with("decompress " + name + ": "));
}

TEST_CASE("what the sink throws reaches the writer", "[base][compression]") {
  const std::string name = GENERATE("gzip", "zstd", "none");
  const std::string text = sample(3000000);
  std::size_t calls = 0;
  const auto write_all = [&] {
    Compressor compressor(Compression::parse(name), [&](std::span<const std::byte>) {
      if (++calls > 1) throw Error(Errc::environment, "write 'blob': No space left on device");
    });
    compressor.write(bytes_of(text));
    compressor.write(bytes_of(text));
    compressor.finish();
  };
  CHECK_THROWS_WITH(write_all(), "write 'blob': No space left on device");
}
