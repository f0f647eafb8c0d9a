"""What other builders must make of the same Dockerfile as we do.

A case is a context (FILES, and `files` over them) and the lines of a Dockerfile.
Where a peer is known to build something else, `differs` says which and why; then
that peer's result is not compared."""

from dataclasses import dataclass, field

BASE = "localhost/stand-in:1"

# A value is a text (mode 0644), a (text, mode), or one of these.


@dataclass(frozen=True)
class Link:
    target: str


@dataclass(frozen=True)
class Folder:
    mode: int = 0o755


@dataclass(frozen=True)
class Program:
    """Compiled for the case, statically."""
    source: str


FILES = {
    "a.txt": "alpha\n", "b.txt": ("beta\n", 0o600), "run.sh": ("#!/bin/sh\n", 0o755),
    "empty": "", "with space.txt": "space\n",
    "dir": Folder(0o775), "dir/one": "1\n", "dir/two.md": ("2\n", 0o640),
    "dir/sub": Folder(0o750), "dir/sub/three": "3\n", "dir/sub/deep/four.md": "4\n",
    "dir/.hidden": "h\n", "hollow": Folder(0o700),
    "links": Folder(), "links/relative": Link("../a.txt"), "links/dangling": Link("nowhere"),
    "links/absolute": Link("/a.txt"), "links/folder": Link("../dir"),
    "top": Link("a.txt"), "topdir": Link("dir"),
}


@dataclass
class Case:
    name: str
    lines: list
    files: dict = field(default_factory=dict)
    options: list = field(default_factory=list)
    differs: dict = field(default_factory=dict)
    fails: bool = False  # for all builders


def _scratch(name, *lines, **more):
    return Case(name, ["FROM scratch", *lines], **more)


def _based(name, *lines, **more):
    return Case(name, [f"FROM {BASE}", *lines], **more)


NO_HEREDOC = "buildah 1.28 does not know here-documents"

CASES = [
    # COPY: where things go
    _scratch("file_to_name", "COPY a.txt /x"),
    _scratch("file_to_root", "COPY a.txt /"),
    _scratch("file_into_new_directory", "COPY a.txt /new/"),
    _scratch("file_to_deep_name", "COPY a.txt /one/two/three"),
    _scratch("files_into_directory", "COPY a.txt b.txt run.sh /all/"),
    _scratch("directory_to_new", "COPY dir /target"),
    _scratch("directory_to_new_with_slash", "COPY dir/ /target/"),
    _scratch("directory_into_existing", "COPY a.txt /target/", "COPY dir /target"),
    _scratch("directory_to_root", "COPY dir /"),
    _scratch("two_directories", "COPY dir links /both/"),
    _scratch("file_and_directory", "COPY a.txt dir /both/"),
    _scratch("whole_context", "COPY . /all"),
    _scratch("whole_context_to_root", "COPY . ."),
    _scratch("empty_directory", "COPY hollow /hollow"),
    _scratch("directory_of_empty_directory", "COPY box /box", files={"box/in": Folder(0o711)}),
    _scratch("overwritten_file", "COPY a.txt /x", "COPY run.sh /x"),
    _scratch("merged_directories", "COPY dir /t", "COPY other /t",
             files={"other/one": ("new\n", 0o600), "other/sub/five": "5\n"}),
    _scratch("json_form", 'COPY ["with space.txt", "a.txt", "/to here/"]'),
    _scratch("relative_to_workdir", "WORKDIR /srv/app", "COPY a.txt sub/", "COPY b.txt ./", "COPY dir ."),
    _scratch("dot_dot_in_destination", "WORKDIR /srv/app", "COPY a.txt ../up/"),
    _scratch("source_above_context", "COPY ../a.txt /x"),
    _scratch("source_with_leading_slash", "COPY /a.txt /dir/one /x/"),
    # Wildcards
    _scratch("star", "COPY *.txt /t/"),
    _scratch("question_mark", "COPY ?.txt /t/"),
    _scratch("character_class", "COPY [ab].txt /t/"),
    _scratch("escaped_bracket", "COPY [[]x].txt /t/", files={"[x].txt": "brackets\n"},
             differs={"buildah": "takes the name that a pattern matched for a pattern again"}),
    _scratch("star_over_directories", "COPY d* /t/"),
    _scratch("star_in_directory", "COPY dir/*.md /t/"),
    _scratch("star_between", "COPY */one /t/", differs={
        "buildkit": "docker 20.10 takes every name that the star matches for a directory"}),
    _scratch("partly_unmatched", "COPY a.txt nothing* /t/"),
    # Links
    _scratch("links_below_are_kept", "COPY links /l"),
    _scratch("link_at_top_is_followed", "COPY top /x"),
    _scratch("directory_link_at_top_is_followed", "COPY topdir /x"),
    _scratch("way_through_a_link", "COPY topdir/one /x"),
    _based("destination_through_a_link", "COPY tree /", "COPY a.txt /lnk/x",
           files={"tree/real/keep": "k\n", "tree/lnk": Link("real")}),
    _based("destination_is_a_directory_link", "COPY tree /", "COPY dir /lnk",
           files={"tree/real/keep": "k\n", "tree/lnk": Link("real")}),
    # Owners and modes
    _scratch("chown_numbers", "COPY --chown=11:22 dir /t"),
    _scratch("chown_user_only", "COPY --chown=11 a.txt /t/x"),
    _based("chown_names", "COPY --chown=www-data:adm dir /t"),
    _based("chown_user_name_only", "COPY --chown=www-data a.txt /t/x",
           differs={"buildah": "takes the user's group from /etc/passwd"}),
    _scratch("chown_by_argument", "ARG who=5", "COPY --chown=$who:${who} a.txt /x"),
    _scratch("chmod_of_a_file", "COPY --chmod=751 a.txt /x"),
    _scratch("chmod_of_a_directory", "COPY --chmod=700 dir /t"),
    _scratch("chmod_with_set_bits", "COPY --chmod=4755 run.sh /x",
             differs={"buildkit": "docker 20.10 leaves the set-user-ID bit out"}),
    _scratch("add_chown", "ADD --chown=3:4 dir /t"),
    _scratch("modes_of_the_context", "COPY m /m", files={
        "m/set": ("x\n", 0o4755), "m/group": ("x\n", 0o2750), "m/none": ("x\n", 0o400),
        "m/sticky": Folder(0o1777), "m/sticky/f": "f\n"},
             differs={"buildah": "takes set-ID bits of the context away"}),
    # The ignore file
    _scratch("ignored_names", "COPY . /t", files={".dockerignore": "*.md\ndir/sub\n"}),
    _scratch("ignored_anywhere", "COPY . /t", files={".dockerignore": "**/*.md\n"}),
    _scratch("ignored_but_one", "COPY . /t", files={".dockerignore": "*.txt\n!a.txt\n"}),
    _scratch("ignored_all_but", "COPY . /t", files={".dockerignore": "*\n!dir/sub/three\n"},
             differs={"buildah": "gives the directories on the way the mode 0755"}),
    _scratch("ignore_comments_and_blanks", "COPY . /t",
             files={".dockerignore": "# dir\n\n  empty  \n/b.txt\n./run.sh\n"}),
    # ADD of archives is of its own; of plain files it is like COPY
    _scratch("add_file", "ADD a.txt /x"),
    _scratch("add_directory", "ADD dir /t/"),
    # Stages
    Case("copy_from_stage", ["FROM scratch AS one", "COPY dir /d", "FROM scratch",
                             "COPY --from=one /d/sub /s", "COPY --from=0 /d/one /"]),
    Case("copy_from_stage_wildcard", ["FROM scratch AS one", "COPY . /d", "FROM scratch",
                                      "COPY --from=one /d/*.txt /t/"]),
    Case("copy_from_keeps_owners", ["FROM scratch AS one", "COPY --chown=7:8 dir /d", "FROM scratch",
                                    "COPY --from=one /d /e"]),
    Case("stage_on_stage", ["FROM scratch AS one", "ENV A=1", "WORKDIR /w", "COPY a.txt .",
                            "FROM one", "COPY b.txt .", "ENV B=$A"]),
    Case("target", ["FROM scratch AS one", "COPY a.txt /", "FROM scratch AS two", "COPY absent /"],
         options=["--target", "one"]),
    Case("copy_from_image", ["FROM scratch", f"COPY --from={BASE} /etc/passwd /p"]),
    # Variables
    _scratch("arguments", "ARG v=dir/one", "COPY $v /x", "ARG w", "COPY ${w:-a.txt} /y/"),
    _scratch("argument_given", "ARG v=dir/one", "COPY $v /x", options=["--build-arg", "v=b.txt"]),
    Case("global_argument", ["ARG base=scratch", "ARG name=a.txt", "FROM $base", "ARG name",
                             "COPY $name /x"]),
    _based("environment_wins", "ARG v=1", "ENV v=2", "ARG v=3", "LABEL seen=$v",
           differs={"buildah": "the ENV wins over the later ARG"}),
    _based("one_value_an_instruction", "ENV abc=hello", "ENV abc=bye def=$abc", "ENV ghi=$abc"),
    _based("quoting", "ENV A='$HOME' B=\"x $HOME y\" C=a\\ b D=\\$x", "LABEL \"k k\"=\"v \\\"v\\\"\""),
    _based("old_env_form", "ENV ONE TWO= THREE=world"),
    _based("defaults_and_alternatives", "ENV set=x", "LABEL a=${set:-d} b=${unset:-d} c=${set:+s} d=${unset:+s}"),
    # Configuration
    _based("command_and_entrypoint", 'ENTRYPOINT ["/bin/x", "-a"]', 'CMD ["b"]'),
    _based("shell_forms", "ENTRYPOINT exec x $HOME", "CMD y"),
    _based("entrypoint_resets_command", 'ENTRYPOINT ["/x"]'),
    _based("command_before_entrypoint", 'CMD ["b"]', 'ENTRYPOINT ["/x"]',
           differs={"buildah": "drops the CMD that the same file gave"}),
    _based("user_and_stop_signal", "USER www-data:adm", "STOPSIGNAL SIGQUIT"),
    _based("expose", "EXPOSE 80 443/tcp 53/udp", "EXPOSE 8000-8003",
           differs={"buildah": "writes a range of ports as it reads"}),
    _based("volumes", "VOLUME /a /b", 'VOLUME ["/c d"]',
           differs={"buildah": "makes the directory of a volume"}),
    _based("workdirs", "WORKDIR /one", "WORKDIR two", "ENV d=three", "WORKDIR $d/.."),
    _based("workdir_of_a_user", "USER www-data", "WORKDIR /made/here"),
    _based("labels", "LABEL a=1 b=2", "LABEL a=3", options=["--label", "c=4"]),
    _based("healthcheck", "HEALTHCHECK --interval=5s --retries=2 CMD true"),
    _based("healthcheck_none", "HEALTHCHECK NONE"),
    _based("shell", 'SHELL ["/bin/ash", "-eu", "-c"]', "CMD echo hi",
           differs={"buildah": "puts /bin/sh before a CMD though there is a SHELL"}),
    _based("onbuild", "ONBUILD COPY . /app", "ONBUILD USER 5"),
    # The language
    Case("lower_case_and_comments", ["# a comment", "from scratch", "copy a.txt \\", "# between",
                                     "  /x", "  # indented", "env  A=1 \\", "     B=2"]),
    Case("escape_directive", ["# escape=`", "FROM scratch", "COPY a.txt `", " /x", "ENV A=a`$b"],
         differs={"buildah": "keeps the escape character and expands what follows"}),
    _scratch("heredoc", "COPY <<one <<\"two\" /t/", "1 $PATH", "one", "2 $PATH", "two",
             differs={"buildah": NO_HEREDOC, "buildkit": "docker 20.10's frontend does not know here-documents"}),
]
