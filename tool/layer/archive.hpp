#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/compression.hpp"
#include "store/store.hpp"

namespace slipway {

/// A whole image in one tar file.
enum class ArchiveKind {
  oci,     ///< an OCI image layout, packed (image-spec image-layout.md)
  docker,  ///< what `docker save` writes and every `docker load` reads
};

/// Write the image as a plain tar to `sink`, in constant memory. The bytes
/// depend on the image and `names` alone. `names` are references in full form.
///
/// A docker archive holds layers as <diff ID>/layer.tar, compressed as they are
/// when that is gzip; engines before Docker 23 know no zstd, so that is undone.
void write_archive(ArchiveKind kind, const Layout& layout, const LocatedImage& image,
                   const std::vector<std::string>& names, const ByteSink& sink);

/// A docker archive without the bytes of the lowest `known` layers: `docker load` does
/// not look for those of a layer that it has, on the same layers beneath.
void write_docker_archive(const Layout& layout, const LocatedImage& image,
                          const std::vector<std::string>& names, std::size_t known,
                          const ByteSink& sink);

/// An OCI archive of a manifest, or of an index with all that it names.
void write_oci_archive(const Layout& layout, const Descriptor& entry,
                       const std::vector<std::string>& names, const ByteSink& sink);

/// One image that an archive holds, now in a layout.
struct ArchivedImage {
  Descriptor descriptor = {};           ///< of its manifest or index
  std::vector<std::string> names = {};  ///< as the archive has them, most often none or one
};

struct ImportedArchive {
  ArchiveKind kind = ArchiveKind::oci;
  std::vector<ArchivedImage> images = {};
};

/// Bring the blobs of an archive (gzip, zstd, xz or bzip2 around the whole
/// allowed) into `into`, every digest checked; index.json of `into` stays as it
/// is. Archives with index.json are read as OCI's, as Docker 25 and later write
/// both. A docker archive gets a manifest of Docker's type, the same for the
/// same archive.
///
/// Throws Errc::input for what is no image archive, Errc::integrity for content
/// that does not have the digest it is named by.
ImportedArchive import_archive(const std::filesystem::path& path, const Layout& into);

}  // namespace slipway
