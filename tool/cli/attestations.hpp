#pragma once

#include <string>
#include <vector>

#include "build/assemble.hpp"
#include "build/attributes.hpp"
#include "cli/output.hpp"
#include "sbom/provenance.hpp"

namespace slipway::cli {

class Command;

/// A document about one image of a build.
struct Attestation {
  std::string file_name = {};   ///< as BuildKit calls it: "sbom.spdx.json", "provenance.json"
  std::string media_type = {};  ///< of the artifact that refers to the image
  std::string text = {};
  Platform platform = {};
  Digest image = Digest::of("");  ///< of its manifest
};

/// --attest, --sbom and --provenance, as `docker buildx build` has them. None is made
/// unless it is asked for.
struct AttestationFlags {
  std::vector<std::string> attest = {};
  std::string sbom = {};
  std::string provenance = {};

  void add_to(Command& command);
};

/// What a build tells of its images. Slipway lists contents itself, and writes SPDX 2.3
/// and SLSA provenance v1.
class Attestations {
 public:
  /// Throws Errc::usage naming the flag.
  explicit Attestations(const AttestationFlags& flags);

  bool are_wanted() const { return has_sbom_ || has_provenance_; }

  /// The documents about an image that has just been assembled. `source` is the main
  /// context's directory.
  std::vector<Attestation> describe(const ImageStep& step, const AssembledImage& image,
                                    const std::string& source, const BuildContext& context) const;

 private:
  enum class Mode { min, max };

  void read(std::string_view flag, const std::string& text);
  void read_provenance(const Attributes& attributes);
  void read_sbom(const Attributes& attributes);

  bool has_sbom_ = false;
  bool has_provenance_ = false;
  Mode mode_ = Mode::min;
  std::string builder_ = {};
};

/// Put the documents beside what an output wrote: into a directory of files (each
/// platform's own, if there are several), beside a layout or archive as
/// "<destination>.sbom.spdx.json", or into a registry as referrers of their images. False:
/// the output has no place for them.
bool write_attestations(const std::vector<Attestation>& attestations, const Output& output,
                        const BuiltImages& built, const std::vector<std::string>& tags,
                        const Store& store);

}  // namespace slipway::cli
