// Pages of hadolint's rules on labels.
#include "lint/rule.hpp"

namespace slipway::lint {

const std::vector<Rule>& hadolint_label_rules() {
  constexpr auto group = Group::hadolint;
  static const std::vector<Rule> table = {
      {.name = "DL3048",
       .group = group,
       .page =
           {"The key of a label is not of lower-case letters, digits, '.' and '-', or starts with a reserved domain.",
            "Tools and registries pass over such keys; io.docker, com.docker and org.dockerproject are Docker's own.",
            "FROM debian:12\nLABEL +build=7\n", "FROM debian:12\nLABEL com.example.build=7\n"}},
      {.name = "DL3049",
       .group = group,
       .page = {"The image lacks a label that --require-label names.",
                "What looks images up by their labels does not find it.",
                "FROM debian:12\nWORKDIR /srv\n", "FROM debian:12\nLABEL com.example.build=7\n"}},
      {.name = "DL3050",
       .group = group,
       .page = {"With --strict-labels, a label is there that --require-label does not name.",
                "A mistyped key goes unseen where any will do.",
                "FROM debian:12\nLABEL com.example.biuld=7\n",
                "FROM debian:12\nLABEL com.example.build=7\n"}},
      {.name = "DL3051",
       .group = group,
       .page = {"A label has no value.", "It says nothing.",
                "FROM debian:12\nLABEL com.example.build=\"\"\n",
                "FROM debian:12\nLABEL com.example.build=7\n"}},
      {.name = "DL3052",
       .group = group,
       .page = {"A label that is a URL holds none.", "Registries show it as a link.",
                "FROM debian:12\nLABEL org.opencontainers.image.url=example\n",
                "FROM debian:12\nLABEL org.opencontainers.image.url=https://example.com\n"}},
      {.name = "DL3053",
       .group = group,
       .page = {"The label of the creation time is no RFC 3339 time.", "Tools cannot read it.",
                "FROM debian:12\nLABEL org.opencontainers.image.created=yesterday\n",
                "FROM debian:12\nLABEL org.opencontainers.image.created=2026-01-31T12:00:00Z\n"}},
      {.name = "DL3054",
       .group = group,
       .page = {"The label of the licences is no SPDX expression.", "Licence checks go by it.",
                "FROM debian:12\nLABEL org.opencontainers.image.licenses=\"GNU public licence\"\n",
                "FROM debian:12\nLABEL org.opencontainers.image.licenses=\"MIT OR Apache-2.0\"\n"}},
      {.name = "DL3055",
       .group = group,
       .page =
           {"The label of the revision is no git hash.", "The source cannot be found by it.",
            "FROM debian:12\nLABEL org.opencontainers.image.revision=latest\n",
            "FROM debian:12\nLABEL org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567\n"}},
      {.name = "DL3056",
       .group = group,
       .page = {"The label of the version is no semantic version.", "Versions cannot be compared.",
                "FROM debian:12\nLABEL org.opencontainers.image.version=newest\n",
                "FROM debian:12\nLABEL org.opencontainers.image.version=1.2.3\n"}},
      {.name = "DL3058",
       .group = group,
       .page = {"The label of the authors holds no mail address.", "Nobody can be asked.",
                "FROM debian:12\nLABEL org.opencontainers.image.authors=Jane\n",
                "FROM debian:12\nLABEL org.opencontainers.image.authors=jane@example.com\n"}},
  };
  return table;
}

}  // namespace slipway::lint
