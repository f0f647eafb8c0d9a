"""What `slipway verify` takes for a need of a program that no field of its file names:
told with the evidence, and quiet once the image has it."""

import json

import harness
from program_images import LIBRARIES, ProgramImageTest

DECLARATIONS = """
extern "C" {
void* dlopen(const char*, int); int getaddrinfo(const char*, const char*, const void*, void**);
void* getpwnam(const char*); int setuid(unsigned); void* iconv_open(const char*, const char*);
int OSSL_PROVIDER_load(void*, const char*); int curl_easy_perform(void*); char* setlocale(int, const char*);
void* localtime(const void*); void pthread_exit(void*);
}
"""


class Doubts(ProgramImageTest):
    def setUp(self):
        super().setUp()
        self.c_library("GLIBC_2.34", "GLIBC_2.35")
        (self.root / "lib64").mkdir()
        # It only has to be there: nothing is run.
        self.compile_library("ld-linux-x86-64.so.2", "int loader;", "-nostdlib", into="lib64")

    def c_library(self, *versions):
        """A C library of those versions, with the functions that the programs call."""
        script = self.work / "libc.map"
        script.write_text("GLIBC_2.2.5 { *; };\n" + "".join(f"{version} {{ }};\n" for version in versions))
        names = ("dlopen", "getaddrinfo", "getpwnam", "setuid", "iconv_open", "OSSL_PROVIDER_load", "curl_easy_perform",
                 "setlocale", "localtime", "pthread_exit")
        self.compile("libc.so.6", "".join(f'extern "C" void {name}() {{}}\n' for name in names), "-shared", "-fPIC",
                     "-nostdlib", "-Wl,-soname,libc.so.6", f"-Wl,--version-script,{script}", into=LIBRARIES)

    def program(self, *calls, name="app"):
        body = "".join(f"  {call};\n" for call in calls)
        self.compile(name, DECLARATIONS + f'extern "C" void _start() {{\n{body}}}', "-nostdlib", "-O0",
                     self.root / LIBRARIES / "libc.so.6", f"-Wl,-rpath-link,{self.root / LIBRARIES}")

    def image(self, *lines):
        self.dockerfile("FROM scratch", "COPY root /", *lines)
        layout = self.work / "image"
        self.slipway("build", "-o", f"oci:{layout}", self.context)
        return f"oci:{layout}"

    def doubts(self, *lines):
        """The doubts, as kinds and messages; they fail nothing."""
        image = self.image(*lines)
        found = json.loads(self.slipway("verify", "--json", image).out)
        self.assertEqual({doubt["severity"] for doubt in found} | {"warning"}, {"warning"})
        text = self.slipway("verify", image).err
        self.assertEqual(text.count("slipway: warning: "), len(found))
        self.assertEqual(self.slipway("verify", "--no-warnings", image).err, "")
        return [(doubt["kind"], doubt["message"]) for doubt in found]

    def add(self, path, content="x"):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)

    def test_quiet(self):
        self.program("setuid(0)")
        self.assertEqual(self.doubts(), [])

    def test_opened_library(self):
        self.program('dlopen("libfoo.so.3", 1)', 'dlopen("libfoo.so.2", 1)', 'dlopen("libc.so.6", 1)')
        self.assertEqual(self.doubts(), [("opened-library", "calls dlopen() and holds the name 'libfoo.so.2', which the "
                                          "image does not have")])
        self.compile_library("libfoo.so.3", "int foo;", "-nostdlib", into="opt/foo")
        self.assertEqual(self.doubts(), [])

    def test_one_need_of_several_files(self):
        self.program('dlopen("libfoo.so.3", 1)')
        self.program('dlopen("libfoo.so.3", 1)', name="other")
        self.assertEqual(self.doubts(), [("opened-library", "calls dlopen() and holds the name 'libfoo.so.3', which the "
                                          "image does not have (and 1 more file)")])

    def test_end_of_threads(self):
        self.program("pthread_exit(0)")
        self.assertEqual(self.doubts()[0][1], "calls pthread_exit(), for which the C library opens libgcc_s.so.1, which "
                         "the image does not have")
        self.compile_library("libgcc_s.so.1", "int unwind;", "-nostdlib")
        self.assertEqual(self.doubts(), [])

    def test_name_services(self):
        self.program("getaddrinfo(0, 0, 0, 0)")
        self.assertEqual(self.doubts(), [])
        self.c_library("GLIBC_2.33")
        self.assertEqual(self.doubts(), [("name-service", "calls getaddrinfo(), for which this C library opens "
                                          "libnss_files.so.2, which the image does not have")])
        self.compile_library("libnss_files.so.2", "int files;", "-nostdlib")
        self.assertIn("opens libnss_dns.so.2", self.doubts()[0][1])
        self.compile_library("libnss_dns.so.2", "int dns;", "-nostdlib")
        self.assertEqual(self.doubts(), [])

    def test_users(self):
        self.program('getpwnam("nobody")', name="looks")
        self.assertEqual(self.doubts(), [])
        self.program('getpwnam("nobody")', "setuid(1)")
        self.assertEqual(self.doubts(), [("name-service", "calls getpwnam() and setuid(), and the image has no "
                                          "/etc/passwd")])
        self.add("etc/passwd", "root:x:0:0::/:\n")
        self.assertEqual(self.doubts(), [])

    def test_charsets(self):
        self.program('iconv_open("UTF-8", "UTF-16")', name="builtin")
        self.assertEqual(self.doubts(), [])
        self.program('iconv_open("UTF-8", "iso-8859-15")')
        self.assertEqual(self.doubts(), [("charset", "calls iconv_open() and holds the name 'iso-8859-15', and the image "
                                          "has no gconv modules")])
        self.compile_library("ISO8859-15.so", "int convert;", "-nostdlib", into=f"{LIBRARIES}/gconv")
        self.assertEqual(self.doubts(), [])

    def test_providers(self):
        self.program('OSSL_PROVIDER_load(0, "legacy")')
        self.assertEqual(self.doubts(), [("crypto-provider", "calls OSSL_PROVIDER_load() and holds the name 'legacy', and "
                                          "the image has no legacy.so")])
        self.compile_library("legacy.so", "int legacy;", "-nostdlib", into=f"{LIBRARIES}/ossl-modules")
        self.assertEqual(self.doubts(), [])

    def test_certificates(self):
        self.program("curl_easy_perform(0)")
        told = [("certificates", "calls curl_easy_perform(), and the image has no CA certificates")]
        self.assertEqual(self.doubts(), told)
        self.assertEqual(self.doubts("ENV SSL_CERT_FILE=/certificates.pem"), [])
        self.add("etc/pki/tls/certs/ca-bundle.crt")
        self.assertEqual(self.doubts(), [])

    def test_time_zones(self):
        self.program("localtime(0)")
        self.assertEqual(self.doubts(), [])
        self.assertEqual(self.doubts("ENV TZ=UTC"), [])
        self.assertEqual(self.doubts("ENV TZ=Europe/Rome"), [
            ("time-zones", "calls localtime(), and the image's TZ=Europe/Rome is no file of /usr/share/zoneinfo")])
        self.add("usr/share/zoneinfo/Europe/Rome")
        self.assertEqual(self.doubts("ENV TZ=Europe/Rome"), [])

    def test_locales(self):
        self.program('setlocale(6, "")')
        self.assertEqual(self.doubts("ENV LANG=C.UTF-8"), [])
        self.assertEqual(self.doubts("ENV LC_ALL=de_DE.UTF-8"), [
            ("locale", "calls setlocale() and its ENV has LC_ALL=de_DE.UTF-8, and the image has no such locale")])
        self.program('setlocale(6, "de_DE.UTF-8")')
        self.assertEqual(self.doubts(), [("locale", "calls setlocale() and holds the name 'de_DE.UTF-8', and the image has "
                                          "no such locale")])
        self.add("usr/lib/locale/de_DE.utf8/LC_CTYPE")
        self.assertEqual(self.doubts(), [])

    def test_base_is_not_judged(self):
        self.program('dlopen("libfoo.so.3", 1)')
        self.image()
        self.slipway("build", "-t", "base:1", self.context)
        self.dockerfile("FROM base:1", "COPY root/usr/bin/app /opt/app")
        options = ("build", "--verify", "error", self.context)
        self.assertIn("'/opt/app' calls dlopen()", self.slipway(*options).err)
        self.assertEqual(self.slipway(*options).err.count("warning:"), 1)
        self.assertEqual(self.slipway("build", "--verify", "error", "--no-verify-warnings", self.context)
                         .err.count("warning:"), 0)


class LibrarySearch(ProgramImageTest):
    """Places that depend on the image's platform and environment."""

    def make(self, into):
        self.add_system()
        library = self.compile_library("libanswer.so.1")
        self.compile("app", 'extern "C" int answer(); int main() { return answer() - 42; }', library)
        (self.root / into).mkdir(parents=True)
        library.rename(self.root / into / "libanswer.so.1")

    def status(self, *options, lines=()):
        self.dockerfile("FROM scratch", "COPY root /", *lines)
        result = self.slipway("build", "--verify", "error", *options, self.context, status=None)
        return result.status

    def test_hwcaps(self):
        self.make(f"{LIBRARIES}/glibc-hwcaps/x86-64-v2")
        self.assertEqual(self.status("--platform", "linux/amd64"), 3)
        self.assertEqual(self.status("--platform", "linux/amd64/v2"), 0)
        self.assertEqual(self.status("--platform", "linux/amd64/v3"), 0)

    def test_library_path(self):
        self.make("opt/answer")
        self.assertEqual(self.status(), 3)
        self.assertEqual(self.status(lines=["ENV LD_LIBRARY_PATH=/nowhere:/opt/answer"]), 0)


if __name__ == "__main__":
    harness.main()
