"""Trees of Debian packages, from the machine's own mirror."""

import shutil
import subprocess


def mirror():
    """Of the machine's distribution: (address, suite). None: it is no Debian, or knows of none."""
    if shutil.which("apt-get") is None:
        return None
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT) $(ORIGIN)",
                             "Created-By: Packages"], check=False, capture_output=True, text=True).stdout
    for site, suite, component, origin in (line.split() for line in listed.splitlines() if line.count(" ") == 3):
        if origin == "Debian" and component == "main" and "-" not in suite:
            return site, suite
    return None


def make_tree(archive, packages, variant, site, suite):
    """Write a tar of the packages and what they depend on. `variant`: mmdebstrap's;
    "extract" configures nothing, "apt" does. Raises CalledProcessError."""
    subprocess.run(["mmdebstrap", "--quiet", f"--variant={variant}", "--mode=root", f"--include={','.join(packages)}",
                    '--aptopt=Acquire::Languages "none"', '--aptopt=Acquire::Retries "2"',
                    '--aptopt=APT::Install-Recommends "false"', suite, archive, site],
                   check=True, capture_output=True, text=True)


def write_tree(test, archive, packages, variant):
    """The same of this machine's release; skips the test where that cannot be done."""
    test.need_root()
    test.need("mmdebstrap")
    found = mirror()
    if found is None:
        test.skipTest("apt knows no mirror of Debian")
    try:
        make_tree(archive, packages, variant, *found)
    except subprocess.CalledProcessError as error:
        test.skipTest(f"mmdebstrap made no tree: {error.stderr[-300:]}")
