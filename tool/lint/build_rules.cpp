// Pages of Docker's build checks.
#include "lint/rule.hpp"

namespace slipway::lint {

const std::vector<Rule>& build_rules() {
  static const std::vector<Rule> table = {
      {.name = "StageNameCasing",
       .page =
           {"The name of a stage has upper-case letters.",
            "Stage names are compared in lower case, so one name in two spellings is one stage.",
            "FROM debian:12 AS Builder\n", "FROM debian:12 AS builder\n"}},
      {.name = "FromAsCasing",
       .page = {"FROM and AS of one instruction are written in different case.",
                "Mixed case reads as a mistake.", "FROM debian:12 as builder\n",
                "FROM debian:12 AS builder\n"}},
      {.name = "NoEmptyContinuation",
       .page = {"An empty line stands inside a continued instruction.",
                "Docker will refuse it one day: a stray backslash swallows what follows.",
                "FROM debian:12\nRUN make \\\n\n    install\n",
                "FROM debian:12\nRUN make \\\n    install\n"}},
      {.name = "ConsistentInstructionCasing",
       .page = {"An instruction is not written in the case that most of the file uses.",
                "One case for all makes instructions easy to find.",
                "FROM debian:12\nWORKDIR /src\nrun make\n",
                "FROM debian:12\nWORKDIR /src\nRUN make\n"}},
      {.name = "DuplicateStageName",
       .page = {"Two stages have the same name.",
                "What refers to the name gets the later one, whichever was meant.",
                "FROM debian:12 AS build\nFROM gcc:13 AS build\n",
                "FROM debian:12 AS tools\nFROM gcc:13 AS build\n"}},
      {.name = "ReservedStageName",
       .page = {"A stage is called scratch or context.",
                "Both have a meaning of their own, so the stage cannot be referred to.",
                "FROM debian:12 AS scratch\n", "FROM debian:12 AS base\n"}},
      {.name = "JSONArgsRecommended",
       .page =
           {"CMD or ENTRYPOINT is a command for the shell.",
            "The shell is process 1 then, and does not pass on SIGTERM: stopping the container takes ten seconds "
            "and ends in a kill. A SHELL instruction says that the shell is meant.",
            "FROM debian:12\nCMD server --port 80\n",
            "FROM debian:12\nCMD [\"server\", \"--port\", \"80\"]\n"}},
      {.name = "MaintainerDeprecated",
       .page = {"MAINTAINER is used.", "It was replaced by a label, which tools can read.",
                "FROM debian:12\nMAINTAINER jane@example.com\n",
                "FROM debian:12\nLABEL org.opencontainers.image.authors=\"jane@example.com\"\n"}},
      {.name = "UndefinedArgInFrom",
       .page = {"FROM mentions a variable that no ARG before the first FROM declares.",
                "It is empty, and the base image another than was meant.",
                "FROM debian:12${SUFFIX}\n", "ARG SUFFIX=-slim\nFROM debian:12${SUFFIX}\n"}},
      {.name = "WorkdirRelativePath",
       .page = {"The first WORKDIR of a stage is relative.",
                "Where it leads depends on the base image's, which may change.",
                "FROM debian:12\nWORKDIR app\n", "FROM debian:12\nWORKDIR /app\n"}},
      {.name = "UndefinedVar",
       .page =
           {"An instruction uses a variable that neither ARG, ENV nor the base image defines up to there.",
            "It is replaced by nothing. Where the base image is not at hand, an upper-case name that the file "
            "itself never defines is taken for one of the image's.",
            "FROM debian:12\nCOPY app $prefix/bin/\nARG prefix=/usr\n",
            "FROM debian:12\nARG prefix=/usr\nCOPY app $prefix/bin/\n"}},
      {.name = "MultipleInstructionsDisallowed",
       .page = {"A stage has two CMD, ENTRYPOINT or HEALTHCHECK instructions.",
                "Only the last of them has an effect.",
                "FROM debian:12\nENTRYPOINT [\"/a\"]\nENTRYPOINT [\"/b\"]\n",
                "FROM debian:12\nENTRYPOINT [\"/b\"]\n"}},
      {.name = "LegacyKeyValueFormat",
       .page = {"ENV or LABEL separates name and value by a blank.",
                "All that follows is one value, so a second pair on the line vanishes in it.",
                "FROM debian:12\nENV CC clang\n", "FROM debian:12\nENV CC=clang\n"}},
      {.name = "InvalidBaseImagePlatform",
       .page = {"The base image at hand is for another platform than the one that is built for.",
                "Its programs do not run there.", "FROM example/only-s390x\n", "FROM debian:12\n"}},
      {.name = "RedundantTargetPlatform",
       .page = {"FROM asks for --platform=$TARGETPLATFORM.", "That is what it does by itself.",
                "FROM --platform=$TARGETPLATFORM debian:12\n", "FROM debian:12\n"}},
      {.name = "SecretsUsedInArgOrEnv",
       .page = {"The name of an ARG or ENV says that its value is a secret.",
                "Values of both stay in the image, for anyone who pulls it to read.",
                "FROM debian:12\nARG GITHUB_TOKEN\nRUN fetch --token=$GITHUB_TOKEN\n",
                "FROM debian:12\nRUN --mount=type=secret,id=github,env=GITHUB_TOKEN fetch\n"}},
      {.name = "InvalidDefaultArgInFrom",
       .page = {"Without build arguments, FROM names no valid image.",
                "A plain build of the file fails, and tools cannot tell what it stands on.",
                "ARG VERSION\nFROM debian:${VERSION}\n",
                "ARG VERSION=12\nFROM debian:${VERSION}\n"}},
      {.name = "FromPlatformFlagConstDisallowed",
       .page =
           {"FROM --platform has a fixed value.",
            "The image can then be built for that platform only. A stage that is named after its platform may.",
            "FROM --platform=linux/amd64 debian:12\n",
            "FROM --platform=$BUILDPLATFORM debian:12\n"}},
      {.name = "CopyIgnoredFile",
       .page = {"COPY or ADD names a file that .dockerignore excludes.",
                "It is not in the context, so the build fails.",
                "FROM scratch\nCOPY build/app /app\n", "FROM scratch\nCOPY dist/app /app\n",
                "build\n"}},
      {.name = "InvalidDefinitionDescription",
       .experimental = true,
       .page =
           {"The comment right above ARG or a named FROM does not begin with the name it describes.",
            "Such comments are shown by build --call=outline. Experimental: asked for by "
            "'# check=experimental=InvalidDefinitionDescription'.",
            "# check=experimental=all\n# the compiler to use\nARG CC=clang\nFROM scratch\n",
            "# check=experimental=all\n# CC is the compiler to use\nARG CC=clang\nFROM scratch\n"}},
      {.name = "ExposeProtoCasing",
       .page = {"The protocol of a port is not written in lower case.",
                "It is stored in lower case whatever is written.", "FROM scratch\nEXPOSE 80/TCP\n",
                "FROM scratch\nEXPOSE 80/tcp\n"}},
      {.name = "ExposeInvalidFormat",
       .page = {"EXPOSE names an address or a port of the host.",
                "An image cannot choose them; Docker will refuse it one day.",
                "FROM scratch\nEXPOSE 127.0.0.1:8080:80\n", "FROM scratch\nEXPOSE 80\n"}},
  };
  return table;
}

const std::vector<Rule>& slipway_rules() {
  static const std::vector<Rule> table = {
      {.name = "ExecFormNotJson",
       .group = Group::slipway,
       .page =
           {"A command in brackets is not valid JSON.",
            "It is silently taken for a command of the shell, which has no program of that name.",
            "FROM debian:12\nCMD ['server']\n", "FROM debian:12\nCMD [\"server\"]\n"}},
      {.name = "IgnoredFlag",
       .group = Group::slipway,
       .page =
           {"An instruction has a flag that it does not know, and that Docker passes over in silence.",
            "The flag does nothing.", "FROM debian:12\nARG --required VERSION\n",
            "FROM debian:12\nARG VERSION\n"}},
      {.name = "PackagesAfterSources",
       .group = Group::slipway,
       .page = {"Packages are installed behind a COPY of the whole context.",
                "Each change of a source installs them again.",
                "FROM debian:12\nCOPY . /src/\nRUN apt-get update && apt-get install -y g++\n",
                "FROM debian:12\nRUN apt-get update && apt-get install -y g++\nCOPY . /src/\n"}},
      {.name = "ModesInOwnLayer",
       .group = Group::slipway,
       .page =
           {"A RUN does nothing but chmod or chown, right behind a COPY.",
            "A layer cannot change the mode of a file below it: it holds all of the file again.",
            "FROM debian:12\nCOPY app /usr/bin/\nRUN chmod 755 /usr/bin/app\n",
            "FROM debian:12\nCOPY --chmod=755 app /usr/bin/\n"}},
  };
  return table;
}

}  // namespace slipway::lint
