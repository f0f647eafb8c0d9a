#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>

#include "run/sandbox.hpp"
#include "support/small_image.hpp"
#include "support/small_root.hpp"

using namespace slipway;
using test::error_of;
using test::printed_by;
namespace fs = std::filesystem;

namespace {

/// In a plain chroot there are neither mounts nor an overlay; what works without
/// is tested there, too.
bool cannot_mount() {
  if (available_isolation() != Isolation::chroot) return false;
  WARN("skipped: '/' is no mount point here");
  return true;
}

struct Fixture {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  fs::path root = dir.path() / "root, with: a name";

  Fixture() {
    test::make_small_root(root, {"/bin/sh", "/bin/cat", "/bin/ls", "/bin/sleep"});
    fs::create_directory(root / "etc");
    write_file_if_changed(root / "etc/from-image", "image\n");
  }

  Sandbox sandbox(std::vector<std::string> argv) const {
    static int count = 0;
    const fs::path scratch = dir.path() / fmt::format("scratch-{}", ++count);
    fs::create_directory(scratch);
    return {.trees = {root},
            .scratch = scratch,
            .argv = std::move(argv),
            .env = {"PATH=/nowhere:/usr/bin:/bin", "GREETING=hello"}};
  }

  Sandbox shell(const std::string& script) const { return sandbox({"sh", "-c", script}); }

  std::string output_of(const Sandbox& sandbox) const {
    int status = 0;
    const std::string output = printed_by([&] { status = run(sandbox).status; });
    CHECK(status == 0);
    return output;
  }

  /// False, with a warning, where this machine lets us make no namespaces.
  bool can_run() const {
    try {
      return run(shell("exit 0")).status == 0;
    } catch (const Error& error) {
      if (error.code() != Errc::environment || test::must_run()) throw;
      WARN("skipped: " << error.what() << " (" << error.hint() << ")");
      return false;
    }
  }
};

/// Run `body` in a process of its own; it says whether all is well.
template <typename Body>
pid_t start(const Body& body) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid > 0) return pid;
  try {
    ::_exit(body() ? 0 : 1);
  } catch (...) {
    ::_exit(2);
  }
}

bool ended_well(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// From here on the kernel refuses this process mounts without flags, of which
/// the overlay is the only one.
void refuse_overlay() {
  const std::uint32_t flags_offset = offsetof(seccomp_data, args) + 3 * sizeof(std::uint64_t);
  std::array<sock_filter, 6> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, flags_offset),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a command's exit status comes back", "[run][sandbox]") {
  if (!can_run()) return;
  CHECK(run(shell("exit 7")).status == 7);
  CHECK(run(shell("kill -TERM $$")).status == 128 + SIGTERM);
}

TEST_CASE_METHOD(Fixture, "a command sees the image as its root", "[run][sandbox]") {
  if (cannot_mount()) return;
  if (!can_run()) return;
  Sandbox sandbox = shell("cat /etc/from-image; echo $GREETING; pwd; echo $$");
  sandbox.working_dir = "/made/for/it";
  CHECK(output_of(sandbox) == "image\nhello\n/made/for/it\n2\n");
  sandbox = shell("cat /proc/sys/kernel/hostname; cat /proc/1/comm > /dev/null; ls /dev");
  sandbox.hostname = "box";
  CHECK(
      output_of(sandbox) ==
      "box\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n");
}

TEST_CASE_METHOD(Fixture, "what a command writes stays in the scratch directory",
                 "[run][sandbox]") {
  if (!can_run()) return;
  CHECK(output_of(shell("umask; echo changed > /etc/from-image; cat /etc/from-image")) ==
        "0022\nchanged\n");
  CHECK(read_file(root / "etc/from-image") == "image\n");
}

TEST_CASE_METHOD(Fixture, "a command runs as the user that is asked for", "[run][sandbox]") {
  if (cannot_mount()) return;
  if (!can_run()) return;
  const std::string ids =
      "while read -r key a b c d; do case $key in [UG]id:) "
      "echo $key $a $b $c $d;; esac; done < /proc/self/status";
  CHECK(output_of(shell(ids)) == "Uid: 0 0 0 0\nGid: 0 0 0 0\n");
  Sandbox sandbox = shell(ids);
  sandbox.uid = 65532;
  sandbox.gid = 1234;
  CHECK(output_of(sandbox) == "Uid: 65532 65532 65532 65532\nGid: 1234 1234 1234 1234\n");
}

TEST_CASE_METHOD(Fixture, "a command has no more rights than Docker gives", "[run][sandbox]") {
  if (cannot_mount()) return;
  if (!can_run()) return;
  const std::string rights =
      "while read -r key value; do case $key in Cap*|NoNewPrivs:) "
      "echo $key $value;; esac; done < /proc/self/status";
  CHECK(output_of(shell(rights)) ==
        "CapInh: 0000000000000000\nCapPrm: 00000000a80425fb\nCapEff: 00000000a80425fb\n"
        "CapBnd: 00000000a80425fb\nCapAmb: 0000000000000000\nNoNewPrivs: 1\n");
  Sandbox user = shell(rights);
  user.uid = 65532;
  CHECK(output_of(user) ==
        "CapInh: 0000000000000000\nCapPrm: 0000000000000000\nCapEff: 0000000000000000\n"
        "CapBnd: 00000000a80425fb\nCapAmb: 0000000000000000\nNoNewPrivs: 1\n");
  for (const std::string path : {"/proc/sysrq-trigger", "/proc/sys/kernel/hostname", "/sys/x"}) {
    CAPTURE(path);
    CHECK(run(shell("2> /dev/null; { : > " + path + "; } 2> /dev/null")).status != 0);
  }
  CHECK(output_of(shell("ls /sys/firmware; cat /proc/keys /proc/timer_list")).empty());
}

TEST_CASE_METHOD(Fixture, "files that we hold open do not leak in", "[run][sandbox]") {
  if (!can_run()) return;
  const Fd leaking(::open("/", O_RDONLY));  // without O_CLOEXEC
  REQUIRE(leaking);
  CHECK(run(shell(fmt::format("test ! -e /proc/self/fd/{}", leaking.get()))).status == 0);
}

TEST_CASE_METHOD(Fixture, "symlinks of the image lead mounts nowhere else", "[run][sandbox]") {
  if (!can_run()) return;
  const fs::path outside = dir.path() / "outside";
  fs::create_directory(outside);
  fs::remove_all(root / "etc");
  fs::create_directory_symlink(outside, root / "etc");
  fs::create_directory_symlink(outside, root / "run");
  Sandbox sandbox = shell(":");
  sandbox.working_dir = "/run/made";
  CHECK(error_of([&] { (void)run(sandbox); }) ==
        "make the directory '/run': No such file or directory");
  CHECK(fs::is_empty(outside));
}

TEST_CASE_METHOD(Fixture, "what stays behind dies with the command", "[run][sandbox]") {
  if (!can_run()) return;
  // The orphan holds the output open: reading it to its end would hang.
  CHECK(output_of(shell("sleep 1000 & echo done")) == "done\n");
}

TEST_CASE_METHOD(Fixture, "signals are forwarded to the command", "[run][sandbox]") {
  if (!can_run()) return;
  const Sandbox sandbox =
      shell("trap 'echo caught; exit 3' TERM; echo ready > /ready; while :; do sleep 0.01; done");
  const pid_t runner = start([&] {
    ::alarm(60);
    return printed_by([&] { (void)run(sandbox); }) == "caught\n";
  });
  while (!fs::exists(sandbox.scratch / "upper/ready")) ::usleep(1000);
  ::kill(runner, SIGTERM);
  CHECK(ended_well(runner));
}

TEST_CASE_METHOD(Fixture, "a command that cannot be run is named", "[run][sandbox]") {
  if (!can_run()) return;
  CHECK(
      error_of([&] { (void)run(sandbox({"missing"})); }) ==
      "run 'missing' in the container: No such file or directory [the image has no such program; without a shell "
      "there is the exec form: [\"/path/of/a/program\", \"word\"]]");
  CHECK(error_of([&] { (void)run(sandbox({"/etc/from-image"})); }) ==
        "run '/etc/from-image' in the container: Permission denied");
  write_file_if_changed(root / "bin/script", "#!/no/such/shell\n");
  fs::permissions(root / "bin/script", fs::perms::owner_all);
  CHECK(error_of([&] { (void)run(sandbox({"script"})); }) ==
        "run 'script' in the container: No such file or directory [the file is there, but its "
        "interpreter is not: the dynamic loader of a program, or what the #! line of a script "
        "names]");
}

TEST_CASE_METHOD(Fixture, "a sandbox that makes no sense is refused", "[run][sandbox]") {
  if (cannot_mount()) return;
  CHECK(error_of([&] { (void)run(sandbox({})); }) == "run in a container: no command given");
  Sandbox relative = shell(":");
  relative.working_dir = "srv";
  CHECK(error_of([&] { (void)run(relative); }) ==
        "run in a container: the working directory 'srv' is not an absolute path");
  Sandbox rootless = shell(":");
  rootless.trees = {dir.path() / "none"};
  CHECK(error_of([&] { (void)run(rootless); }) ==
        "open root '" + rootless.trees.front().native() + "': no such directory");
}

TEST_CASE_METHOD(Fixture, "where overlay is refused the root is copied", "[run][sandbox]") {
  if (cannot_mount()) return;
  if (!can_run()) return;
  const Sandbox sandbox = shell("echo changed > /etc/from-image; cat /etc/from-image");
  const pid_t runner = start([&] {
    refuse_overlay();
    return printed_by([&] { (void)run(sandbox); }) == "changed\n";
  });
  CHECK(ended_well(runner));
  CHECK(read_file(root / "etc/from-image") == "image\n");
  CHECK(read_file(sandbox.scratch / "root/etc/from-image") == "changed\n");
  CHECK(fs::is_empty(sandbox.scratch / "upper"));
}

TEST_CASE_METHOD(Fixture, "a command sees its trees one over the other", "[run][sandbox]") {
  if (cannot_mount()) return;
  if (!can_run()) return;
  const fs::path over = dir.path() / "over";
  fs::create_directories(over / "etc");
  write_file_if_changed(over / "etc/from-image", "newer\n");
  Sandbox sandbox = shell("cat /etc/from-image; echo mine > /etc/made");
  sandbox.trees.push_back(over);
  std::string printed;
  sandbox.input = Input::none;
  sandbox.output = [&](std::string_view text) { printed += text; };
  const SandboxResult result = run(sandbox);
  CHECK(printed == "newer\n");
  if (!result.is_copy) CHECK(read_file(result.changes / "etc/made") == "mine\n");
  CHECK(std::ranges::find(result.mount_points, "/etc/hosts") != result.mount_points.end());
}

TEST_CASE_METHOD(Fixture, "mounts are seen and leave the root alone", "[run][sandbox]") {
  if (cannot_mount()) return;
  if (!can_run()) return;
  fs::create_directory(dir.path() / "shared");
  write_file_if_changed(dir.path() / "shared/file", "shared\n");
  Sandbox sandbox = shell(
      "exec 2> /dev/null; cat /a/b/file /run/secret; echo > /a/b/new || echo refused; echo > /t/x && echo made");
  sandbox.mounts = {{.source = dir.path() / "shared", .target = "/a/b"},
                    {.kind = SandboxMount::Kind::secret,
                     .target = "/run/secret",
                     .is_file = true,
                     .content = "hush\n",
                     .mode = 0400},
                    {.kind = SandboxMount::Kind::tmpfs, .target = "/t", .size = 65536}};
  CHECK(output_of(sandbox) == "shared\nhush\nrefused\nmade\n");
  CHECK_FALSE(fs::exists(dir.path() / "shared/new"));
}
