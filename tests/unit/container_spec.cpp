#include <catch2/catch.hpp>

#include "container/log.hpp"
#include "container/mount_flags.hpp"
#include "container/name.hpp"
#include "container/spec.hpp"
#include "container/volumes.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;

TEST_CASE("a container's description is read as it was written", "[container][spec]") {
  ContainerSpec spec;
  spec.id = std::string(64, 'a');
  spec.name = "box";
  spec.platform = Platform::parse("linux/arm64/v8");
  spec.config.config.env = {"A=1"};
  spec.config.platform = spec.platform;
  spec.argv = {"sh", "-c", "echo \xc3\xa4"};
  spec.groups = {5, 6};
  spec.mounts = {{.kind = SandboxMount::Kind::tmpfs,
                  .target = "/t",
                  .size = 7,
                  .options = "mode=700",
                  .no_programs = true}};
  spec.network = Network::none;
  spec.conditions.limits = {{"nofile", 1, ResourceLimit::none}};
  spec.conditions.hosts = {{"db", "10.0.0.1"}};
  spec.labels = {{"k", "v"}};
  spec.terminal = spec.auto_remove = true;
  const std::string text = to_json(spec);
  const ContainerSpec read = parse_container_spec(text);
  CHECK(to_json(read) == text);
  CHECK(read.mounts.front().kind == SandboxMount::Kind::tmpfs);
  CHECK(read.conditions.limits.front().hard == ResourceLimit::none);
  CHECK(read.config.config.env == spec.config.config.env);
  CHECK(read.short_id() == "aaaaaaaaaaaa");
  CHECK(error_of([] {
          (void)parse_container_spec("{");
        }).starts_with("read a container's description: "));
}

TEST_CASE("a container's state is read as it was written", "[container][spec]") {
  const ContainerState state{
      .phase = ContainerState::Phase::running, .pid = 7, .started = "now", .mount_points = {"/a"}};
  CHECK(to_json(parse_container_state(to_json(state))) == to_json(state));
}

TEST_CASE("names are those that Docker allows", "[container][name]") {
  CHECK(is_container_name("a1"));
  CHECK(is_container_name("A_b.c-d"));
  for (const char* wrong : {"", "a", "_ab", "a b", "a/b", "-ab"})
    CHECK_FALSE(is_container_name(wrong));
  CHECK(is_container_name(random_container_name()));
}

TEST_CASE("a log is read as lines, with the last ones alone where that is wanted",
          "[container][log]") {
  const TempDir dir(std::filesystem::temp_directory_path(), "slipway-test-");
  LogWriter log(dir.path() / "log");
  log.write_output("one\ntw");
  log.write_errors("bad \xff\n");
  log.write_output("o\nend");
  log.finish();
  const auto read = [&](const LogSelection& selection) {
    std::string text;
    read_log(
        dir.path() / "log", selection,
        [&](const LogLine& line) { text += (line.is_error ? "!" : "") + line.text; },
        [] { return true; });
    return text;
  };
  CHECK(read({}) == "one\n!bad \xef\xbf\xbd\ntwo\nend");
  CHECK(read({.tail = 1}) == "end");
  CHECK(read({.tail = 0}).empty());
  CHECK(read({.since = std::int64_t{1} << 40}).empty());
  CHECK(read({.follows = true}) == read({}));
}

TEST_CASE("mounts are read as Docker reads them", "[container][mounts]") {
  const TempDir dir(std::filesystem::temp_directory_path(), "slipway-test-");
  const Store store = Store::open(dir.path());
  const auto folder = parse_volume_flag(dir.path().native() + ":/a/../b:ro", store);
  const SandboxMount& bound = folder.mount;
  CHECK_FALSE(folder.is_filled);
  CHECK(bound.target == "/b");
  CHECK(bound.read_only);
  CHECK(bound.source == dir.path());
  const auto volume = parse_volume_flag("name:/v", store);
  CHECK(volume.mount.source == dir.path() / "volumes/name");
  CHECK(volume.is_filled);
  CHECK(volume_of(volume.mount, store) == "name");
  CHECK_FALSE(volume_of(bound, store));
  CHECK_FALSE(parse_volume_flag("name:/v:nocopy", store).is_filled);
  CHECK(is_unnamed_volume(*volume_of(parse_volume_flag("/v", store).mount, store)));
  CHECK(parse_mount_flag("type=volume,src=name,dst=/v,readonly", store).mount.read_only);
  CHECK_FALSE(parse_mount_flag("type=volume,src=name,dst=/v,volume-nocopy", store).is_filled);
  const auto source = dir.path().native();
  CHECK(parse_mount_flag("type=bind,src=" + source + ",dst=/v", store).mount.source == dir.path());
  const auto device = parse_device_flag("/dev/null:/dev/gone:rw");
  CHECK(device.source == "/dev/null");
  CHECK(device.target == "/dev/gone");
  CHECK(device.is_file);
  const SandboxMount memory = parse_tmpfs_flag("/t:size=1m,mode=700,exec");
  CHECK(memory.size == 1024 * 1024);
  CHECK(memory.options == "mode=700");
  CHECK_FALSE(memory.no_programs);
  CHECK(error_of([&] { (void)parse_volume_flag("a:b", store); }) ==
        "--volume 'a:b' has no absolute path in the container");
  CHECK(error_of([&] { (void)parse_mount_flag("type=odd,dst=/x", store); }) ==
        "--mount 'type=odd,dst=/x' has the unknown type 'odd' [it is bind, volume or tmpfs]");
  CHECK(error_of([] { (void)parse_tmpfs_flag("/t:huge"); }) ==
        "--tmpfs '/t:huge' has the unknown option 'huge'");
}
