#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fetch/http.hpp"
#include "oci/reference.hpp"

namespace slipway {

/// A place where a registry's repository answers.
struct Endpoint {
  std::string registry = {};    ///< as references name it: "docker.io", "localhost:5000"
  std::string host = {};        ///< "registry-1.docker.io"
  std::string url = {};         ///< "https://registry-1.docker.io"
  std::string repository = {};  ///< "library/debian"
  TlsOptions tls = {};
};

/// Loopback is spoken to over http unless certs.d has a folder for it, all others
/// over https.
///
/// certs.d (docker's "Verify repository client with certificates", containers-certs.d(5)):
/// <folder>/<host[:port]>/ holds *.crt, authorities trusted besides the system's,
/// and pairs of *.cert and *.key, of which the first is ours. Folders are
/// ~/.config/containers/certs.d, /etc/containers/certs.d and /etc/docker/certs.d;
/// the first that has one for the host counts.
///
/// Where an image can be had, the best place first: the mirrors that
/// registries.conf names, then the registry itself. Throws Errc::input where that
/// is blocked there.
std::vector<Endpoint> endpoints_for_pull(const Reference& reference);

/// The registry itself, which is what images are pushed to and where users log in.
Endpoint endpoint_of(Http& http, const Reference& reference);

}  // namespace slipway
