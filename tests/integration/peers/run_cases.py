"""The cases for RUN: what a command sees, and what it leaves in the image.

What a command sees is written to a file, which is compared as all others are."""

from cases import BASE, Case, Program

CONTEXT = "@CONTEXT@"  # in options: the folder of the case
NO_MKNOD = "takes the right to make devices away"


# Sets an attribute of a file: of some capability, if no value is given.
ATTRIBUTE = Program(r"""
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

int main(int count, char **words) {
  struct vfs_cap_data capability = {VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, {{1 << CAP_NET_BIND_SERVICE, 0}}};
  const void *value = count > 3 ? (void *)words[3] : &capability;
  unsigned long size = count > 3 ? strlen(words[3]) : sizeof capability;
  if (setxattr(words[1], words[2], value, size, 0) == 0) return 0;
  perror(words[2]);
  return 1;
}
""")


def _run(name, *lines, **more):
    return Case(name, [f"FROM {BASE}", *lines], **more)


SEEN_CASES = [
    # Whom a command takes itself for
    _run("user_by_name", "USER www-data", "RUN id -u > /tmp/o; id -g >> /tmp/o; id -G >> /tmp/o; echo $HOME >> /tmp/o"),
    _run("user_by_number", "USER 8", "RUN id -u > /tmp/o; id -g >> /tmp/o; echo $HOME >> /tmp/o"),
    _run("user_that_nobody_knows", "USER 1234", "RUN id -u > /tmp/o; id -g >> /tmp/o; echo $HOME >> /tmp/o"),
    _run("user_and_group", "USER www-data:adm", "RUN id -u > /tmp/o; id -g >> /tmp/o; mkdir /tmp/d"),
    _run("user_and_group_numbers", "USER 11:22", "RUN touch /tmp/f; id -g > /tmp/o"),
    _run("groups_of_root", "RUN id -G | tr ' ' '\\n' | sort -n > /o",
         differs={"buildkit": "docker 20.10 gives root no groups of /etc/group"}),
    _run("user_made_by_a_command", "RUN echo app:x:77:88::/srv:/bin/sh >> /etc/passwd; echo app:x:88: >> /etc/group",
         "USER app", "RUN id -u > /tmp/o; id -g >> /tmp/o; echo $HOME >> /tmp/o"),
    _run("root_again", "USER 5", "RUN touch /tmp/a", "USER root", "RUN touch /tmp/b; id -u > /tmp/o"),
    # Where it stands
    _run("working_directory", "WORKDIR /a/b", "RUN pwd > o; mkdir c", "WORKDIR c", "RUN pwd > o"),
    _run("working_directory_of_a_user", "USER www-data", "WORKDIR /w", "RUN stat -c %u:%g:%a /w > /tmp/o; pwd >> /tmp/o"),
    _run("working_directory_that_is_a_link", "RUN mkdir /real && ln -s real /lnk", "WORKDIR /lnk", "RUN pwd -P > o"),
    _run("umask", "RUN umask > /o; touch /f; mkdir /d; mkdir -p /p/q"),
    _run("nothing_to_read", "RUN cat > /o; test ! -t 0 && echo no terminal >> /o"),
    # Its environment
    _run("environment", "ENV A=1 B='x y'", "ENV C=$A-$B", "RUN env | grep -E '^(A|B|C|PATH|HOME)=' | sort > /o"),
    _run("environment_is_what_came_before", "RUN echo [$L] > /o", "ENV L=1", "RUN echo [$L] >> /o"),
    _run("home_of_the_file", "ENV HOME=/elsewhere", "RUN echo $HOME > /o"),
    _run("argument", "ARG A=1", "ARG B", "RUN echo $A [$B] ${A:-d} > /o", options=["--build-arg", "B=given"]),
    _run("argument_from_its_line_on", "RUN echo [$A] > /o", "ARG A=1", "RUN echo [$A] >> /o"),
    _run("argument_given_over_default", "ARG A=1", "RUN echo $A > /o", options=["--build-arg", "A=2"]),
    _run("environment_over_argument", "ARG A=1", "ENV A=2", "RUN echo $A > /o", options=["--build-arg", "A=3"]),
    Case("argument_of_all_stages", ["ARG A=global", f"FROM {BASE}", "RUN echo [$A] > /o", "ARG A", "RUN echo [$A] >> /o"]),
    Case("argument_of_one_stage", [f"FROM {BASE} AS one", "ARG A=1", "RUN echo $A > /o", f"FROM {BASE}",
                                   "COPY --from=one /o /one", "RUN echo [$A] > /o"]),
    _run("proxy", "RUN echo $HTTP_PROXY $no_proxy > /o",
         options=["--build-arg", "HTTP_PROXY=http://proxy.invalid:1", "--build-arg", "no_proxy=a,b"]),
    _run("argument_is_no_configuration", "ARG A=1", "RUN true", "ENV B=$A"),
    # Forms
    _run("exec_form", 'RUN ["touch", "/a b", "/$HOME"]'),
    _run("exec_form_with_quotes", 'RUN ["sh", "-c", "echo \\"x\\ty\\" $0 $1 > /o", "zero", "one"]'),
    _run("words_of_the_shell", "RUN echo \"a  b\" 'c $HOME' d\\ e $((1+2)) `echo f` > /o"),
    _run("continued_lines", "RUN echo 1 > /o; \\", "  # a comment", "  echo 2 >> /o && \\", "", "  echo '  3' >> /o"),
    _run("other_shell", 'SHELL ["/bin/sh", "-eu", "-c"]', "RUN echo $- | tr -d 'c' > /o"),
    Case("shell_of_one_stage", [f"FROM {BASE} AS one", 'SHELL ["/bin/sh", "-xc"]', "RUN true", f"FROM {BASE}",
                                "RUN echo $- > /o"]),
    Case("escape_by_backtick", ["# escape=`", f"FROM {BASE}", "RUN echo one `", "  two \\n > /o"]),
    _run("last_of_a_pipe_decides", "RUN false | cat > /o"),
    _run("command_in_the_background", "RUN (sleep 0.01; echo late > /late) & echo now > /now; wait"),
    Case("command_that_fails", [f"FROM {BASE}", "RUN touch /x; exit 3"], fails=True),
    Case("command_that_is_not_there", [f"FROM {BASE}", 'RUN ["/no/such/program"]'], fails=True),
    Case("unset_variable_is_an_error", [f"FROM {BASE}", 'SHELL ["/bin/sh", "-euc"]', "RUN echo $nothing"], fails=True),
]

LEFT_CASES = [
    # What a command leaves
    _run("nothing", "RUN true"),
    _run("removed_file", "RUN rm /etc/alpine-release"),
    _run("removed_directory", "RUN rm -r /home"),
    _run("removed_and_made_again", "RUN rm -r /home && mkdir /home && echo new > /home/f"),
    _run("removed_in_steps", "COPY dir /d", "RUN rm /d/one", "RUN rm -r /d/sub && mkdir /d/sub", "RUN touch /d/sub/new"),
    _run("made_again_by_a_later_command", "RUN rm -r /home", "RUN mkdir -m 700 /home", "COPY a.txt /home/"),
    _run("directory_for_file", "RUN rm /etc/os-release && mkdir /etc/os-release && touch /etc/os-release/f"),
    _run("file_for_directory", "RUN rm -r /home && echo f > /home"),
    _run("link_for_directory", "RUN rm -r /home && ln -s tmp /home", "COPY a.txt /home/"),
    _run("moved_directory", "COPY dir /d", "RUN mv /d /e && mv /home /house"),
    _run("moved_over", "COPY dir /d", "RUN mv /d/one /d/two.md"),
    _run("hard_links", "RUN echo x > /a && ln /a /b && mkdir /d && ln /a /d/c && echo y >> /b"),
    _run("hard_link_to_what_was_there", "RUN ln /etc/passwd /etc/other",
         differs={"buildah": "with the driver vfs it keeps the new name alone, as a file of its own"}),
    _run("hard_link_broken_later", "RUN echo x > /a && ln /a /b", "RUN echo y > /b2 && mv /b2 /b"),
    _run("symlinks", "RUN ln -s /etc/passwd /abs && ln -s ../x /rel && ln -s 'with space' /s && ln -sfn /tmp /var/tmp/t"),
    _run("set_bits", "RUN touch /u /g && chmod 4755 /u && chmod 2711 /g && mkdir -m 3775 /d && mkdir /d/e"),
    _run("set_bits_and_owner", "RUN touch /u && chown 7:7 /u && chmod 6755 /u"),
    _run("owners", "RUN touch /f && chown 1:2 /f && mkdir /d && chown www-data:adm /d && ln -s f /l && chown -h 3:4 /l"),
    _run("owner_of_what_was_there", "RUN chown 5:6 /etc/passwd && chown -R 7 /home"),
    _run("mode_of_what_was_there", "RUN chmod 600 /etc/passwd && chmod 700 /home /tmp"),
    _run("pipe", "RUN mkfifo -m 640 /p"),
    _run("devices", "RUN mknod -m 620 /c c 1 3 && mknod /b b 7 0", differs={"buildah": NO_MKNOD}),
    _run("sparse_file", "RUN dd if=/dev/zero of=/s bs=1 count=1 seek=1048575 2>/dev/null"),
    _run("strange_names", "RUN touch '/a b' '/é' '/.hidden' '/-dash' \"/$(printf 'new\\nline')\" '/[x]*?'"),
    _run("nothing_of_the_sandbox", "RUN touch /dev/x /dev/shm/y; echo x > /run/kept; touch /tmp/kept"),
    _run("files_of_the_network", "RUN grep -q localhost /etc/hosts && test -r /etc/resolv.conf && echo there > /o"),
    _run("attributes", "COPY attribute /bin/", "RUN touch /f && attribute /f user.word value",
         files={"attribute": ATTRIBUTE}, differs={"buildkit": "docker 20.10 keeps no attribute but capabilities"}),
    _run("capabilities_of_a_file", "COPY attribute /bin/", "RUN cp /bin/busybox /f && attribute /f security.capability",
         files={"attribute": ATTRIBUTE}),
    # Mounts
    _run("bind", "RUN mkdir /o", "RUN --mount=type=bind,source=dir,target=/m cp -r /m /o/ && ls -a /m > /o/ls"),
    _run("bind_of_a_file", "RUN --mount=type=bind,source=a.txt,target=/m cat /m > /o"),
    _run("bind_that_is_written_to", "RUN --mount=type=bind,source=dir,target=/m,rw echo x > /m/new && rm /m/one && ls /m > /o",
         differs={"buildah": "writes to the context itself"}),
    _run("bind_is_read_only", "RUN --mount=type=bind,source=dir,target=/m touch /m/x 2>/dev/null || echo refused > /o"),
    Case("bind_of_a_stage", [f"FROM {BASE} AS one", "RUN mkdir -m 750 /d && echo made > /d/f", f"FROM {BASE}",
                             "RUN --mount=type=bind,from=one,source=/d,target=/m cp -r /m /o"]),
    Case("bind_of_an_image", [f"FROM {BASE}",
                              f"RUN --mount=type=bind,from={BASE},source=/etc,target=/m cat /m/passwd > /o"]),
    _run("cache", "RUN --mount=type=cache,id=peers-cache,target=/m stat -c %a:%u:%g /m > /o; touch /m/x; ls /m >> /o",
         "RUN --mount=type=cache,id=peers-cache,target=/m ls /m >> /o"),
    _run("cache_with_owner", "RUN --mount=type=cache,id=peers-owned,target=/m,mode=0710,uid=5,gid=6 stat -c %a:%u:%g /m > /o"),
    _run("tmpfs", "RUN mkdir /m && touch /m/beneath", "RUN --mount=type=tmpfs,target=/m touch /m/x && ls /m > /o",
         differs={"buildah": "removes what the mount had covered"}),
    _run("secret", "RUN --mount=type=secret,id=s cat /run/secrets/s > /o; stat -c %a:%u:%g /run/secrets/s >> /o",
         options=["--secret", f"id=s,src={CONTEXT}/a.txt"]),
    _run("secret_with_place_and_owner", "RUN --mount=type=secret,id=s,target=/tmp/s,mode=0440,uid=5,gid=6 stat -c %a:%u:%g /tmp/s > /o",
         options=["--secret", f"id=s,src={CONTEXT}/a.txt"], differs={"buildah": "leaves an empty file"}),
    _run("secret_that_is_not_given", "RUN --mount=type=secret,id=nothing test ! -e /run/secrets/nothing && echo none > /o"),
    # Stages
    Case("made_in_one_stage_copied_to_another", [f"FROM {BASE} AS build", "WORKDIR /src", "COPY dir .", "RUN cat one sub/three > /app && chmod 755 /app",
                                                 "FROM scratch", "COPY --from=build /app /usr/bin/app"]),
    Case("stage_on_a_stage_that_ran", [f"FROM {BASE} AS one", "ENV A=1", "RUN echo one > /o && rm -r /home", "FROM one", "RUN echo two $A >> /o && mkdir /home"]),
    Case("stage_that_nobody_needs", [f"FROM {BASE} AS broken", "RUN false", f"FROM {BASE}", "RUN touch /x"],
         differs={"buildah": "builds all stages"}),
    Case("copied_links_and_owners_of_a_command", [f"FROM {BASE} AS one", "RUN mkdir /d && touch /d/f && chown 5:6 /d/f && ln -s f /d/l && chmod 4711 /d/f",
                                                  f"FROM {BASE}", "COPY --from=one /d /e"]),
    Case("trigger_of_a_stage", [f"FROM {BASE} AS one", "ONBUILD RUN echo $A > /o", "ONBUILD ENV A=2", "ENV A=1", "FROM one", "RUN echo $A >> /o"]),
    _run("volume_that_is_written_to", "RUN mkdir /v && touch /v/before", "VOLUME /v", "RUN touch /v/after",
         differs={"buildah": "throws away what a later command writes to a volume"}),
]
