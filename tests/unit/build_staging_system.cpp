#include <catch2/catch.hpp>

#include "build/staging.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
namespace fs = std::filesystem;

namespace {

/// A system at hand, and a folder to stage into.
class System {
 public:
  System() : directory_(fs::canonical(fs::temp_directory_path()), "system-") {
    make_directories(root());
  }
  fs::path root() const { return directory_.path() / "root"; }
  fs::path tree() const { return directory_.path() / "out/tree"; }
  void file(const fs::path& path, const std::string& text) const {
    write_file_if_changed(root() / path, text);
  }
  StageOutput output() const {
    const auto out = directory_.path() / "out";
    return {out / "tree", out / "stamp", out / "stamp.d"};
  }
  void stage(const std::vector<std::string>& data) const {
    stage_data({.output = output(), .data = data, .sysroot = root()});
  }

 private:
  TempDir directory_;
};

mode_t mode_in(const fs::path& path) { return lstat_file(path)->st_mode & 07777; }

}  // namespace

TEST_CASE("a skeleton has what programs expect of a system", "[build][base]") {
  const System system;
  system.file("usr/lib/os-release", "ID=test\n");
  stage_skeleton({.output = system.output(),
                  .users = {"app:1000", "db:26:27:/srv/db:/bin/sh"},
                  .groups = {"log:4:app,db"},
                  .sysroot = system.root()});
  const auto tree = system.tree();
  CHECK(read_file(tree / "etc/passwd") ==
        "root:x:0:0:root:/root:/sbin/nologin\n"
        "db:x:26:27:db:/srv/db:/bin/sh\n"
        "app:x:1000:1000:app:/home/app:/sbin/nologin\n"
        "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n");
  CHECK(read_file(tree / "etc/group") ==
        "root:x:0:\nlog:x:4:app,db\ndb:x:27:\napp:x:1000:\nnonroot:x:65532:\nnobody:x:65534:\n");
  CHECK(read_file(tree / "etc/os-release") == "ID=test\n");
  CHECK(read_file(tree / "etc/nsswitch.conf").find("hosts: files dns\n") != std::string::npos);
  CHECK(mode_in(tree / "tmp") == 01777);
  CHECK(mode_in(tree / "var/tmp") == 01777);
  CHECK(mode_in(tree / "root") == 0700);
  CHECK(mode_in(tree / "usr/bin") == 0755);
}

TEST_CASE("a user of a known name replaces it, a group of a known id stays", "[build][base]") {
  const System system;
  stage_skeleton({.output = system.output(),
                  .users = {"nonroot:1:0:/"},
                  .groups = {},
                  .sysroot = system.root()});
  CHECK(read_file(system.tree() / "etc/passwd") ==
        "root:x:0:0:root:/root:/sbin/nologin\n"
        "nonroot:x:1:0:nonroot:/:/sbin/nologin\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n");
  CHECK(read_file(system.tree() / "etc/group") == "root:x:0:\nnonroot:x:65532:\nnobody:x:65534:\n");
}

TEST_CASE("users and groups of another form are refused", "[build][base]") {
  const System system;
  const auto error_for = [&](SkeletonStage stage) {
    stage.output = system.output();
    return error_of([&] { stage_skeleton(stage); });
  };
  for (const std::string user :
       {"app", "app:", "app:x", "1app:1", "App:1", "app:1:2:home", "app:1:2:/home:sh",
        "app:4294967295", "app:1:1:/h:/s:more", "a\nb:1"}) {
    CHECK(error_for({.users = {user}}).find("is not <name>:<uid>") != std::string::npos);
  }
  CHECK(error_for({.groups = {"log"}}) == "group 'log' is not <name>:<gid>[:<member>,...]");
}

TEST_CASE("certificates come from where the system has them", "[build][base]") {
  const System system;
  CHECK(error_of([&] { system.stage({"ca-certificates"}); }) ==
        "runtime data 'ca-certificates': there is no '" +
            (system.root() / "etc/ssl/certs/ca-certificates.crt").native() +
            "' [install ca-certificates]");
  system.file("etc/pki/tls/certs/ca-bundle.crt", "roots");
  system.stage({"ca-certificates"});
  const auto tree = system.tree();
  CHECK(read_file(tree / "etc/ssl/certs/ca-certificates.crt") == "roots");
  CHECK(read_file(tree / "etc/ssl/cert.pem") == "roots");
  CHECK(fs::read_symlink(tree / "usr/lib/ssl/certs") == "/etc/ssl/certs");
}

TEST_CASE("time zones come without the machine's own choice", "[build][base]") {
  const System system;
  for (const auto* zone : {"Etc/UTC", "Europe/Berlin", "right/UTC", "posix/UTC", "localtime"})
    system.file(fs::path("usr/share/zoneinfo") / zone, "TZif");
  system.stage({"tzdata"});
  const auto zones = system.tree() / "usr/share/zoneinfo";
  CHECK(lstat_file(zones / "Europe/Berlin"));
  CHECK_FALSE(lstat_file(zones / "right"));
  CHECK_FALSE(lstat_file(zones / "localtime"));
  CHECK(fs::read_symlink(system.tree() / "etc/localtime") == "/usr/share/zoneinfo/Etc/UTC");
}

TEST_CASE("a compiled locale is taken as it is, by the name that directories have",
          "[build][base]") {
  const System system;
  system.file("usr/lib/locale/de_DE.utf8@euro/LC_TIME", "compiled");
  system.stage({"locale:de_DE.UTF-8@euro"});
  CHECK(read_file(system.tree() / "usr/lib/locale/de_DE.utf8@euro/LC_TIME") == "compiled");
  CHECK(error_of([&] { system.stage({"locale:fr_FR.UTF-8"}); }) ==
        "runtime data 'locale:fr_FR.UTF-8': there is no '" +
            (system.root() / "usr/share/i18n/locales/fr_FR").native() + "' [install locales]");
}

TEST_CASE("other words are no runtime data", "[build][base]") {
  const System system;
  for (const auto* word : {"certificates", "locale:"}) {
    CHECK(error_of([&] { system.stage({word}); }) ==
          std::string("no runtime data '") + word +
              "' [there are ca-certificates, tzdata and locale:<name>]");
  }
  CHECK(error_of([&] { system.stage({"locale:../etc"}); }) == "'../etc' is no name of a locale");
}
