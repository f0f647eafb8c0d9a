#pragma once

#include <mutex>
#include <set>
#include <string>

#include "oci/auth_config.hpp"
#include "registry/challenge.hpp"
#include "registry/endpoint.hpp"
#include "registry/patience.hpp"

namespace slipway {

enum class Access { pull, push };

/// Requests to one repository, with the authorization that its registry asks for.
/// May be used by several threads.
///
/// A registry answers 401 with a challenge (distribution's docs/spec/auth). For
/// "Basic" the user's password is sent with each request; for "Bearer" it goes to
/// the token server that the challenge names, which gives a token for a set of
/// scopes, "repository:<name>:pull,push". Who is nobody asks there without one.
class Session {
 public:
  Session(Http& http, Endpoint endpoint, Access access);

  const Endpoint& endpoint() const noexcept { return endpoint_; }

  /// ".../v2/<repository>/<rest>".
  std::string url(std::string_view rest) const;

  /// Tokens asked for from now on are good for reading that repository, too.
  void add_source(const std::string& repository);

  /// Use these instead of what the user's files hold.
  void set_credentials(Credentials credentials);

  /// Send once; again where it only lacked the authorization.
  HttpResponse send_once(HttpRequest request, const HttpSink& sink);

  /// The same, with patience: for requests that may be repeated and whose answer
  /// is short. A 2xx body becomes the response's text (at most 4 MiB).
  HttpResponse send(const HttpRequest& request);

 private:
  bool authorize(const HttpResponse& refusal, const std::string& used);
  std::string authorization_for(const Challenge& challenge);
  std::string bearer_token(const Challenge& challenge, const Credentials& credentials);
  HttpResponse ask_token_server(const Challenge& challenge, const Credentials& credentials);
  const Credentials& credentials();

  Http& http_;
  Endpoint endpoint_;
  std::mutex mutex_;  ///< of all below
  std::set<std::string> scopes_ = {};
  std::string authorization_ = {};
  std::optional<Credentials> credentials_ = {};
};

}  // namespace slipway
